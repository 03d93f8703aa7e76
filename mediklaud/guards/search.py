"""How a piece of a name is found by an index that the database keeps."""

# On SQLite an FTS5 table kept by triggers, on
# PostgreSQL a GIN index over trigrams of our own, since pg_trgm is not installed everywhere.
SEARCH = {
    "sqlite": (
        "CREATE VIRTUAL TABLE IF NOT EXISTS patient_search USING "
        "fts5(search_text, content='patient', content_rowid='id', tokenize='trigram')",
        """CREATE TRIGGER IF NOT EXISTS patient_search_insert AFTER INSERT ON patient BEGIN
           INSERT INTO patient_search(rowid, search_text) VALUES (NEW.id, NEW.search_text);
           END""",
        """CREATE TRIGGER IF NOT EXISTS patient_search_update
           AFTER UPDATE OF search_text ON patient BEGIN
           INSERT INTO patient_search(patient_search, rowid, search_text)
           VALUES ('delete', OLD.id, OLD.search_text);
           INSERT INTO patient_search(rowid, search_text) VALUES (NEW.id, NEW.search_text);
           END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION trigrams(words text) RETURNS text[]
           LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
           SELECT coalesce(array_agg(DISTINCT substr(words, n, 3)), '{}')
           FROM generate_series(1, length(words) - 2) AS n $$""",
        "CREATE INDEX IF NOT EXISTS patient_search ON patient USING gin (trigrams(search_text))",
    ),
}
