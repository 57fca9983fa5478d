"""Letters that leave the house by mail: composed from the log, handed to a mail server or laid into a folder."""
