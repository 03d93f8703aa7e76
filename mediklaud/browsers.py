"""Pure: which browser somebody signed in with, in plain words, from what it says of itself."""

# The first that fits; most of them also name those below.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_MACHINES = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "a Mac"),
    ("CrOS", "a Chromebook"),
    ("Linux", "Linux"),
)


def browser_words(user_agent: str) -> str:
    """Such as Firefox on Windows. The header is only believed as far as a few known words."""
    browser = next((word for sign, word in _BROWSERS if sign in user_agent), "A browser")
    machine = next((word for sign, word in _MACHINES if sign in user_agent), "")
    return f"{browser} on {machine}" if machine else browser
