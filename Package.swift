// swift-tools-version: 6.1
import PackageDescription

// One set of settings for every Swift target: language mode 6, explicit existentials and imports, no warnings.
// `make fuzz` sets INGOT_FUZZ: then all of it is built with libFuzzer's probes and AddressSanitizer, and the fuzzer is a product.
let fuzzes = Context.environment["INGOT_FUZZ"] != nil
let probes: [SwiftSetting] = fuzzes ? [.unsafeFlags(["-sanitize=fuzzer,address"])] : []
let strict: [SwiftSetting] =
    probes + [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .unsafeFlags(["-warnings-as-errors"]),
    ]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "ingot",
    products: [.executable(name: "ingot", targets: ["ingot"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Layer 0: C. Module maps of system libraries, and the kernel calls that Swift cannot make.
        .target(name: "CLinux", cSettings: [.define("_GNU_SOURCE")]),
        // libparted, looked up when it is first needed: its constructor forks.
        .target(name: "CParted"),
        // libarchive, looked up when it is first needed: it brings ICU along.
        .target(name: "CArchive"),
        // CRC-32C by the processor's own instruction, where it has one.
        .target(name: "CChecksum"),
        .systemLibrary(name: "CBlkid", pkgConfig: "blkid", providers: [.apt(["libblkid-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

        // Layer 1: kits. Values, disk formats, partition tables, the operating system.
        // Small values used by two or more targets; no effects.
        .target(name: "Basics", dependencies: [system], swiftSettings: strict),
        // Bytes of disk formats: qcow2, sparse runs, boot code, checksums. No root, no commands.
        .target(
            name: "DiskFormats",
            dependencies: ["Basics", "CChecksum", "CZlib", "CDeflate", "CZstd", "CCrypto", system],
            swiftSettings: strict),
        // A directory tree as one file or container image: tar, cpio, OCI layout. No commands.
        .target(
            name: "TreeFormats",
            dependencies: ["Basics", "DiskFormats", "CArchive", "CZlib", "CDeflate", "CZstd", "CCrypto", system],
            swiftSettings: strict),
        // Partition tables on image files, through libparted.
        .target(name: "PartitionTables", dependencies: ["Basics", "CParted", system], swiftSettings: strict),
        // Effects on the host, one small type each: commands, mounts, loop devices, namespaces, locks.
        .target(
            name: "LinuxOS", dependencies: ["Basics", "CLinux", "CBlkid", system, subprocess], swiftSettings: strict),

        // Layer 2: model and planning. Pure: text and values in, values out.
        // What an element is; which elements, hooks and packages a build has, in what order.
        .target(name: "Elements", dependencies: ["Basics", system, yams], swiftSettings: strict),
        // Block-device configuration → graph → layout → fstab text.
        .target(name: "BlockDevices", dependencies: ["Basics", system, yams], swiftSettings: strict),
        // What is in an image and where it came from, as documents: SPDX, CycloneDX, in-toto.
        .target(name: "Provenance", dependencies: ["Basics", "DiskFormats"], swiftSettings: strict),
        // Request + catalogue + host facts → build plan.
        .target(
            name: "ImagePlanning", dependencies: ["Basics", "Elements", "BlockDevices", "Provenance", system],
            swiftSettings: strict),

        // Layer 3: execution. Every effect of a build, and booting what came out.
        // What a build takes from the network: noted in a lock, or given from one.
        .target(
            name: "Fetching", dependencies: ["Basics", "DiskFormats", "LinuxOS", system], swiftSettings: strict),
        .target(
            name: "ImageAssembly",
            dependencies: [
                "Basics", "DiskFormats", "TreeFormats", "PartitionTables", "LinuxOS", "Elements", "BlockDevices",
                "ImagePlanning", "Provenance", "Fetching", system,
            ],
            swiftSettings: strict),
        // Boots an image under QEMU and demands a proof that only the guest can give.
        .target(
            name: "BootTesting", dependencies: ["Basics", "DiskFormats", "LinuxOS", system], swiftSettings: strict),

        // What is inside a disk image: tables, file systems, boot code, the system. Reads only, mounts nothing.
        .target(
            name: "ImageInspection",
            dependencies: ["Basics", "DiskFormats", "PartitionTables", "LinuxOS", "CBlkid", system],
            swiftSettings: strict),

        // The system in an image as a tree: foreign file systems, archives, what belongs where.
        .target(
            name: "ImageExtraction",
            dependencies: ["Basics", "DiskFormats", "ImageInspection", "LinuxOS", "CLinux", system],
            swiftSettings: strict),

        // Layer 4: front ends.
        // argv and YAML → request; call; render; exit status.
        .target(
            name: "Commands",
            dependencies: [
                "Basics", "DiskFormats", "PartitionTables", "LinuxOS", "Elements", "BlockDevices", "ImagePlanning",
                "ImageAssembly", "BootTesting", "ImageInspection", "ImageExtraction", "Provenance", "Fetching",
                argumentParser,
                system,
                yams,
            ],
            swiftSettings: strict),
        // The multi-call binary: dispatch on the name it was called by.
        .executableTarget(name: "ingot", dependencies: ["Commands"], swiftSettings: strict),

        // Tests, one target per library, and what they share.
        .target(
            name: "TestSupport", dependencies: ["Basics", system], path: "Tests/TestSupport", swiftSettings: strict),
        // What fuzzing runs: each parser of untrusted bytes as a function of an input.
        .target(
            name: "FuzzTargets",
            dependencies: ["Basics", "DiskFormats", "PartitionTables", "ImageInspection", system],
            path: "Tests/FuzzTargets", swiftSettings: strict),
        .testTarget(
            name: "FuzzTests", dependencies: ["FuzzTargets", "TestSupport", system], swiftSettings: strict),
        .testTarget(name: "BasicsTests", dependencies: ["Basics", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "DiskFormatsTests", dependencies: ["DiskFormats", "Basics", "TestSupport", system],
            swiftSettings: strict),
        .testTarget(
            name: "TreeFormatsTests", dependencies: ["TreeFormats", "DiskFormats", "Basics", "TestSupport", system],
            swiftSettings: strict),
        .testTarget(
            name: "ImageInspectionTests",
            dependencies: [
                "ImageInspection", "DiskFormats", "PartitionTables", "LinuxOS", "Basics", "TestSupport", system,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ImageExtractionTests",
            dependencies: [
                "ImageExtraction", "ImageInspection", "DiskFormats", "LinuxOS", "Basics", "TestSupport", system,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "PartitionTablesTests",
            dependencies: ["PartitionTables", "BlockDevices", "Basics", "TestSupport", system],
            swiftSettings: strict),
        .testTarget(
            name: "LinuxOSTests",
            dependencies: ["LinuxOS", "BlockDevices", "TreeFormats", "Basics", "TestSupport", system],
            swiftSettings: strict),
        .testTarget(
            name: "ElementsTests", dependencies: ["Elements", "Basics", "TestSupport", system], swiftSettings: strict),
        .testTarget(
            name: "BlockDevicesTests", dependencies: ["BlockDevices", "Basics", "TestSupport", system],
            swiftSettings: strict),
        .testTarget(
            name: "FetchingTests", dependencies: ["Fetching", "Basics", "TestSupport", system], swiftSettings: strict),
        .testTarget(
            name: "ProvenanceTests", dependencies: ["Provenance", "TestSupport", system], exclude: ["Judges"],
            swiftSettings: strict),
        .testTarget(
            name: "ImagePlanningTests",
            dependencies: ["ImagePlanning", "Elements", "BlockDevices", "Basics", "TestSupport", system],
            swiftSettings: strict),
        .testTarget(
            name: "ImageAssemblyTests",
            dependencies: [
                "ImageAssembly", "DiskFormats", "ImagePlanning", "Elements", "BlockDevices", "LinuxOS", "Basics",
                "Provenance", "TestSupport", system,
            ],
            exclude: ["Goldens"], swiftSettings: strict),
        .testTarget(
            name: "BootTestingTests", dependencies: ["BootTesting", "LinuxOS", "Basics", "TestSupport", system],
            swiftSettings: strict),
        .testTarget(
            name: "CommandsTests",
            dependencies: [
                "Commands", "BootTesting", "ImageAssembly", "ImagePlanning", "ImageInspection", "LinuxOS", "Elements",
                "Basics",
                "TestSupport", system,
                argumentParser,
            ],
            exclude: ["Goldens"], swiftSettings: strict),
        // The shell elements themselves: each hook run against small trees.
        .testTarget(
            name: "ElementLibraryTests", dependencies: ["Basics", "TestSupport", system, "ingot"], swiftSettings: strict
        ),
        // The built program: whole builds, failures, kills.
        .testTarget(
            name: "IntegrationTests", dependencies: ["Basics", "TestSupport", system, "ingot"],
            exclude: ["Fixtures", "Reference"], swiftSettings: strict),
        // Real images booted under QEMU.
        .testTarget(
            name: "BootTests",
            dependencies: ["BootTesting", "DiskFormats", "LinuxOS", "Basics", "TestSupport", system, "ingot"],
            swiftSettings: strict),
    ]
)

if fuzzes {
    package.targets.append(
        .executableTarget(
            name: "ingot-fuzz", dependencies: ["FuzzTargets", system], path: "Tests/FuzzDriver", swiftSettings: strict,
            linkerSettings: [
                .unsafeFlags(["-sanitize=address"]),
                // Without its `main`: SwiftPM names the entry point of an executable itself.
                .unsafeFlags([Context.environment["INGOT_FUZZ_RUNTIME"] ?? ""]),
                .linkedLibrary("stdc++"),
            ]))
}
