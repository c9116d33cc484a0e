// CEFParser.swift is the file of this package's dependency, a link to it: there it is part of Parsers and imports
// nothing of it. This is its import here.
@_exported import Parsers
