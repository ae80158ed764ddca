"""Which regions the stage has, and who lives in which: told to everybody, of nobody."""
