import Basics
import ImagePlanning

/// What is another in each of the builds that have to give the same bytes.
///
/// The first build is as the user would run it, with layers, which tell who wrote what. Nothing of the host is changed
/// outside of the builds.
struct Perturbation: Hashable {
    let number: Int
    let constants: Constants
    /// The disk is made by loop devices, and only the tree compared: what the kernel writes has its own times in it.
    let usesLoopDevices: Bool

    init(number: Int, of count: Int, constants: Constants) {
        self.number = number
        self.constants = constants
        usesLoopDevices = number == count && number > 2 && !constants.holds(.backend)
    }

    private var isFirst: Bool { number == 1 }

    private func varies(_ circumstance: Circumstance) -> Bool { !isFirst && !constants.holds(circumstance) }

    private func value<Value>(_ circumstance: Circumstance, _ values: [Value]) -> Value? {
        varies(circumstance) ? values[(number - 1) % values.count] : nil
    }

    private var userName: String? { varies(.user) ? "builder\(number)" : nil }
    private var hostName: String? {
        varies(.host) ? "prove-\(String(repeating: "x", count: number)).example" : nil
    }
    private var umask: String? { value(.umask, ["022", "077", "002", "027"]) }
    private var timeZone: String? { value(.zone, ["UTC", "Pacific/Kiritimati", "America/St_Johns", "Asia/Kathmandu"]) }
    private var language: String? { value(.language, ["C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8", "C"]) }
    /// One processor instead of all, so that threads finish in another order.
    private var isSingleThreaded: Bool { varies(.processors) && number % 3 == 2 }
    /// Directories of tmpfs and of ext4 are read in different orders.
    private var usesDisk: Bool { varies(.place) && number % 2 == 0 }

    /// Seconds that the time of day is ahead, where it is `now`: another year, month, day of the week and hour, then behind.
    ///
    /// Never before `date`, that of the newest input: no clock is right that is (shadow and others then take it for the
    /// date to write down, and times of files that are older than the date are nobody's to change).
    func clockShift(now: Int, date: Int?) -> Int {
        let shifts = [0, (398 * 24 + 6) * 3600 + 1380, -(37 * 24 + 5) * 3600, (3 * 24 + 11) * 3600]
        guard let shift = value(.clock, shifts), shift < 0, let date else { return value(.clock, shifts) ?? 0 }
        return min(0, max(shift, date + 3600 - now))
    }

    /// The environment of the build: `folder` is one of its own.
    func environment(of base: Environment, folder: String) -> Environment {
        guard !isFirst else { return base }
        var result = base
        if let userName {
            result["USER"] = userName
            result["LOGNAME"] = userName
        }
        if varies(.place) {
            result["HOME"] = "\(folder)/home"
            result["TMPDIR"] = "\(folder)/\(String(repeating: "t", count: 4 * number))"
            result["XDG_CACHE_HOME"] = nil
        }
        // No option: elements write those into images (DIB_ARGS).
        if usesLoopDevices { result["INGOT_BACKEND"] = BackendChoice.Wish.loop.rawValue }
        if let timeZone { result["TZ"] = timeZone }
        if let language { result["LANG"] = language }
        return result
    }

    /// The options that differ; layers are off but in the first build.
    func options(layers: String) -> [String] {
        (isFirst ? ["--cache", "--cache-dir", layers] : ["--no-cache"])
            + (usesDisk ? ["--no-tmpfs"] : [])
    }

    /// A shell line that changes what an environment cannot, and then becomes the build.
    var shell: String {
        let mask = umask.map { "umask \($0); " } ?? ""
        let processors = isSingleThreaded ? "taskset --cpu-list 0 " : ""
        guard let hostName else { return "\(mask)exec \(processors)\"$@\"" }
        return "\(mask)exec \(processors)unshare --uts sh -c 'hostname \(hostName); exec \"$@\"' build \"$@\""
    }

    /// The clock is named by whoever has made one.
    func description(clock: String?) -> String {
        guard !isFirst else { return "as asked for, with layers" }
        return [
            userName.map { "user \($0)" }, hostName.map { "host \($0)" }, umask.map { "umask \($0)" }, timeZone,
            language,
            varies(.place) ? (usesDisk ? "on disk" : "on tmpfs") : nil, isSingleThreaded ? "1 processor" : nil, clock,
            "without layers", usesLoopDevices ? "loop devices (the tree is compared)" : nil,
        ].compactMap { $0 }.joined(separator: ", ")
    }

    /// As people write a span: days, hours, minutes.
    static func words(ofShift seconds: Int) -> String {
        let minutes = abs(seconds) / 60
        let parts = [(minutes / 1440, "d"), (minutes / 60 % 24, "h"), (minutes % 60, "min")]
        return "clock \(seconds < 0 ? "−" : "+")"
            + parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " ")
    }
}
