/// Hosts that elements may name: where the projects themselves publish what is fetched, and what documents use for examples.
///
/// A mirror of someone's own, or of the machine that a file was written on, has no place in the library.
enum PublicHosts {
    private static let domains = [
        "almalinux.org",
        "alpinelinux.org",
        "centos.org",
        "debian.org",
        "example.com",
        "example.org",
        "fedoraproject.org",
        "gentoo.org",
        "kernel.org",
        "openeuler.org",
        "opendev.org",
        "opensuse.org",
        "pypa.io",
        "pypi.org",
        "rockylinux.org",
        "scientificlinux.org",
        "ubuntu.com",
    ]
    /// Addresses on the machine itself and of its own network (link-local: metadata services of clouds).
    private static let addresses: Set<String> = ["127.0.0.1", "169.254.169.254", "localhost"]

    static func contains(_ host: String) -> Bool {
        addresses.contains(host) || domains.contains { host == $0 || host.hasSuffix(".\($0)") }
    }
}
