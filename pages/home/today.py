"""Everybody's home: the numbers of the day and the next things to do."""

from mediklaud.ui.desk import open_desk

me = open_desk("Today")
