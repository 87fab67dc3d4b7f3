"""aeptui: files in cloud storage to a running Adobe Experience Platform dataflow, from the terminal."""

__version__ = "0.1.0"
