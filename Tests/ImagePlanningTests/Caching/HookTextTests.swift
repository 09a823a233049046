import Basics
import ImagePlanning
import SystemPackage
import Testing

/// What can be seen of a script without running it decides what its layer depends on.
@Suite struct HookTextTests {
    @Test(arguments: [
        ("echo $DIB_RELEASE", "DIB_RELEASE", true),
        ("echo $DIB_RELEASE", "DIB_RELEASES", false),
        ("compgen -e DIB_INSTALLTYPE_", "DIB_INSTALLTYPE_foo", true),
        ("name=DIB_${kind}_MIRROR", "DIB_DEBIAN_MIRROR", true),
        (#"x=${prefix}_SECURITY_MIRROR; echo "${!x}""#, "DIB_DEBIAN_SECURITY_MIRROR", true),
        ("echo nothing", "IMAGE_NAME", false),
    ])
    func `a variable is named whole, or by a piece of its name`(_ text: String, _ name: String, _ isNamed: Bool) {
        #expect(HookText(text).names(name) == isNamed)
    }

    @Test(arguments: [
        ("printenv | sort", true), ("env | grep DIB", true), ("declare -p | grep DIB", true), ("env -0 > /x", true),
        ("os.environ.items()", true), ("compgen -e | sort", true), ("export -p > /tmp/x", true),
        ("#!/usr/bin/env bash\necho", false), ("declare -A seen\nseen[x]=1", false), ("compgen -e DIB_X_", false),
        ("env LC_ALL=C sort", false), ("export PATH", false),
    ])
    func `who lists variables reads them all`(_ text: String, _ readsAll: Bool) {
        #expect(HookText(text).readsEveryVariable == readsAll)
    }

    @Test(arguments: [
        ("$TMP_HOOKS_PATH/bin/refresh-apt-lists", HookText.Mention.paths(["bin/refresh-apt-lists"])),
        (#"bash "$TMP_HOOKS_PATH/bin/x" "$TMP_HOOKS_PATH"/bin/y"#, .paths(["bin/x", "bin/y"])),
        (#"bin=$(dirname "$0")/../bin"#, .whole), ("for f in $TMP_HOOKS_PATH/bin/*; do", .whole),
        (#"cp -a "$TMP_HOOKS_PATH"/bin/. /x"#, .whole), ("$TMP_HOOKS_PATH/bin/x/../y", .whole),
        ("$TMP_HOOKS_PATH/bin/$name", .whole), ("$TMP_HOOKS_PATH/bin/x-$name", .whole),
        ("#!/bin/bash\n/usr/bin/true \"/bin/x\"", .none), ("$TARGET_ROOT/usr/bin/x ${TMP_MOUNT_PATH}/bin", .none),
        (#""$TARGET_ROOT"/bin/x"#, .none), ("sbin cabin bins", .none), ("/tmp/in_target.d/bin/x", .paths(["bin/x"])),
    ])
    func `paths in the staged tree are told from those of host and image`(_ text: String, _ mention: HookText.Mention) {
        #expect(HookText(text).mention(of: "bin") == mention)
    }

    @Test func `what is no text may read anything`() {
        let program = HookText(bytes: [0x7F, 0x45, 0x4C, 0x46, 0])
        #expect(program.isOpaque && program.readsEveryVariable && program.names("ANY") && program.seesStagedTree)
        #expect(program.mention(of: "bin") == .whole)
    }

    @Test func `a variable of a terminal or a CI system counts only where it is named`() {
        let workspace = BuildWorkspace(buildDirectory: "/tmp/dib_build.1", imageDirectory: "/tmp/dib_image.1")
        let environment = Environment([
            "TERM": "xterm", "GITHUB_SHA": "abc", "DIB_RELEASE": "trixie", "IMAGE_NAME": "x", "http_proxy": "p",
            "SOURCE_DATE_EPOCH": "1", "TMP_MOUNT_PATH": "/tmp/dib_build.1/mnt", "INGOT": "/usr/bin/ingot",
        ])
        func counted(_ text: String) -> [String] {
            KeyVariables(workspace).counted(environment, for: [HookText(text)]).map { "\($0.name)=\($0.value)" }
        }
        #expect(counted("true") == ["SOURCE_DATE_EPOCH=1", "http_proxy=p"])
        #expect(
            counted("echo $GITHUB_SHA $TMP_MOUNT_PATH $INGOT")
                == ["GITHUB_SHA=abc", "SOURCE_DATE_EPOCH=1", "TMP_MOUNT_PATH=<build>/mnt", "http_proxy=p"])
        #expect(
            counted("printenv") == [
                "DIB_RELEASE=trixie", "IMAGE_NAME=x", "SOURCE_DATE_EPOCH=1", "TMP_MOUNT_PATH=<build>/mnt",
                "http_proxy=p",
            ])
    }

    @Test func `a program that a hook calls lends it its files and variables`() {
        let files = SharedFiles([
            .init(element: "dpkg", path: "bin/install-packages", digest: "1", text: HookText("apt-get $DIB_OPTIONS")),
            .init(element: "x", path: "static/etc/motd", digest: "2", text: HookText("hello")),
            .init(element: "x", path: "lib/functions", digest: "3", text: HookText("source ../conf; $DIB_INNER")),
            .init(element: "x", path: "conf", digest: "4", text: HookText("")),
        ])
        let workspace = BuildWorkspace(buildDirectory: "/b", imageDirectory: "/i")
        let environment = Environment(["DIB_OPTIONS": "1", "DIB_INNER": "2", "DIB_OTHER": "3"])
        func reach(_ text: String) -> ([String], [String]) {
            let reach = files.reach(of: HookText(text), pointers: ["DIB_LIB_DIR"])
            return (
                reach.files.map(\.path),
                KeyVariables(workspace).counted(environment, for: reach.texts).map(\.name)
            )
        }
        #expect(reach("install-packages x") == ([], ["DIB_OPTIONS"]))
        #expect(reach("source $TMP_HOOKS_PATH/lib/functions") == (["lib/functions"], ["DIB_INNER"]))
        #expect(reach("cp -r $(dirname $0)/../static /") == (["static/etc/motd"], []))
        #expect(reach("for x in $TMP_HOOKS_PATH/*; do echo; done").0.count == 4)
        #expect(reach("source $DIB_LIB_DIR/lib/functions").0 == ["lib/functions"])
        #expect(reach("echo static lib").0 == [])
    }
}
