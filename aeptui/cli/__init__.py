"""The command line. Each command is imported when it is asked for; none but the screens imports Textual."""
