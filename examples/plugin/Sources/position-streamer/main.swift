import Command
import PositionParser

await Streamer.main(plugins: [PositionParser.self])
