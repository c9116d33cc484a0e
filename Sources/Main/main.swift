import Command

await Streamer.main()
