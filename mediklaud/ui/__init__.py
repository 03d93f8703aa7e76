"""The only room that knows Streamlit: how a desk opens, asks, shows and records."""
