import Basics

/// What is another in each of the builds that have to give the same bytes.
///
/// The first build is as the user would run it, with layers, which tell who wrote what. The time of day is another by
/// itself; nothing of the host is changed outside of the builds.
struct Perturbation: Hashable {
    let number: Int
    /// Whether the host's name may be changed for a build: only root has a name space for it at hand.
    let isRoot: Bool

    private var isFirst: Bool { number == 1 }
    private var isOdd: Bool { number % 2 == 1 }

    var userName: String { "builder\(number)" }
    var hostName: String { "prove-\(String(repeating: "x", count: number)).example" }
    var umask: String { ["022", "077", "002", "027"][(number - 1) % 4] }
    /// One processor instead of all, so that threads finish in another order.
    var isSingleThreaded: Bool { number % 3 == 2 }
    /// Directories of tmpfs and of ext4 are read in different orders.
    var usesDisk: Bool { !isOdd }
    var timeZone: String { ["UTC", "Pacific/Kiritimati", "America/St_Johns", "Asia/Kathmandu"][(number - 1) % 4] }
    var language: String { ["C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8", "C"][(number - 1) % 4] }

    /// The environment of the build: `folder` is one of its own.
    func environment(of base: Environment, folder: String) -> Environment {
        guard !isFirst else { return base }
        var result = base
        result["USER"] = userName
        result["LOGNAME"] = userName
        result["HOME"] = "\(folder)/home"
        result["TMPDIR"] = "\(folder)/\(String(repeating: "t", count: 4 * number))"
        result["TZ"] = timeZone
        result["LANG"] = language
        result["XDG_CACHE_HOME"] = nil
        return result
    }

    /// The options that differ; layers are off but in the first build.
    func options(layers: String) -> [String] {
        isFirst ? ["--cache", "--cache-dir", layers] : ["--no-cache"] + (usesDisk ? ["--no-tmpfs"] : [])
    }

    /// A shell line that changes what an environment cannot, and then becomes the build.
    var shell: String {
        guard !isFirst else { return "exec \"$@\"" }
        let processors = isSingleThreaded ? "taskset --cpu-list 0 " : ""
        guard isRoot else { return "umask \(umask); exec \(processors)\"$@\"" }
        return "umask \(umask); exec \(processors)unshare --uts sh -c 'hostname \(hostName); exec \"$@\"' build \"$@\""
    }

    var description: String {
        guard !isFirst else { return "as asked for, with layers" }
        return [
            "user \(userName)", isRoot ? "host \(hostName)" : nil, "umask \(umask)", timeZone, language,
            usesDisk ? "on disk" : "on tmpfs", isSingleThreaded ? "1 processor" : nil, "without layers",
        ].compactMap { $0 }.joined(separator: ", ")
    }
}
