"""The languages in which the product itself speaks to prospects."""

PUBLIC_LANGUAGES = ("en", "de", "nl", "fr")
