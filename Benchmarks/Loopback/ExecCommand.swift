import ArgumentParser
import CBench
import Glibc

/// `exec`: asks the kernel to end this process with its parent, then becomes another program.
struct ExecCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Become another program that ends with the one that started this.",
        shouldDisplay: false)

    @Option(help: "The working directory.") var directory: String?
    @Argument(parsing: .postTerminator) var command: [String]

    func run() throws {
        guard let program = command.first else { throw Failure("no program given") }
        if let directory, chdir(directory) != 0 { throw Failure.system("chdir \(directory)") }
        let code = cbench_end_with_parent()
        guard code == 0 else { throw Failure.system("prctl", -code) }
        var pointers: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        execv(program, &pointers)
        throw Failure.system("exec \(program)")
    }
}
