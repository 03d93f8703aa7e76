"""To come."""

from mediklaud.ui.desk import open_desk

me = open_desk("To come")
