/// The family of a distribution, under the names that package and service maps use for it.
///
/// Upstream's service map knows fewer members of `redhat` than its package map does; here both know all.
package enum DistributionFamily: String, CaseIterable, Hashable, Sendable {
    case redhat
    case debian
    case suse
    case gentoo

    /// The family of a `DISTRO_NAME`, if it has one.
    package init?(distribution: String) {
        switch distribution {
        case "almalinux", "centos", "fedora", "openeuler", "rhel", "rocky": self = .redhat
        // Names of elements that upstream has dropped, which are these distributions' names as well.
        case "centos6", "centos7", "rhel7", "scientific6", "scientific7": self = .redhat
        case "debian", "ubuntu": self = .debian
        case "opensuse": self = .suse
        case "gentoo": self = .gentoo
        default: return nil
        }
    }
}
