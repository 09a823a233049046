import SystemPackage
import TestSupport
import Testing

/// A tree with everything that a file system can hold, made and described by other programs.
struct SampleTree {
    let path: FilePath

    /// Needs root.
    init(at path: FilePath) throws {
        self.path = path
        let result = try runTool("bash", ["-euc", Self.script, "sample", path.string])
        try #require(result.status == 0, "\(result.output)")
    }

    private static let script = #"""
        mkdir -p "$1" && cd "$1"
        mkdir -p etc var/empty lost+found/x keep/lost+found sub/mnt usr/bin 'blank dir'
        echo root:x:0:0 >etc/passwd
        printf x >keep/lost+found/y
        install -m 4755 /bin/true usr/bin/suid && setcap cap_net_raw+ep usr/bin/suid
        ln etc/passwd etc/passwd-
        ln etc/passwd sub/hard
        ln -s ../etc/passwd sub/soft && chown -h 33:44 sub/soft
        ln -s "$(printf 'x%.0s' {1..300})" sub/long-target
        mkdir -p "sub/$(printf 'd%.0s' {1..200})" && echo deep >"sub/$(printf 'd%.0s' {1..200})/$(printf 'f%.0s' {1..200})"
        printf 'umlaut' >'sub/Grüße.txt'
        printf 'decomposed' >"$(printf 'sub/a\xcc\x88')"
        printf 'no utf-8' >"$(printf 'sub/\xff\xfe')"
        printf 'newline' >"$(printf 'sub/a\nb')"
        mknod usr/null c 1 3 && mknod usr/disk b 259 70000 && mkfifo usr/fifo
        python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("usr/socket")'
        truncate -s 20M sub/sparse && printf data | dd of=sub/sparse bs=1 seek=10000000 conv=notrunc status=none
        truncate -s 5M sub/hole
        truncate -s 3M sub/tail && printf head | dd of=sub/tail bs=1 conv=notrunc status=none
        head -c 3000000 /dev/urandom >sub/random
        : >sub/empty
        setfattr -n user.comment -v 'a value' sub/random
        setfattr -n user.binary -v 0x00ff0a00 sub/random
        setfattr -n trusted.overlay.opaque -v y sub/mnt
        setfacl -m u:1234:rwx,g:555:r-x sub/random
        setfacl -d -m u:1234:rwx sub/mnt
        chown 4000000000:70000 sub/empty && chmod 1777 var/empty
        touch -d '2001-02-03 04:05:06.789012345 UTC' sub/random
        touch -d '1969-12-31 23:59:58 UTC' sub/empty
        touch -d '2150-01-01 UTC' sub/tail
        touch -h -d '2003-03-03 UTC' sub/soft
        find . -depth -newermt 2022-01-01 ! -newermt 2100-01-01 -exec touch -h -d '2020-02-02 02:02:02 UTC' {} +
        """#

    /// One text with the metadata and the contents of everything below a directory that an archive holds.
    private static func description(of path: FilePath, _ times: Times) throws -> String {
        let result = try runTool(
            "bash", ["-euc", Self.listing, "list", path.string, times.rawValue],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"])
        try #require(result.status == 0, "\(result.output)")
        return result.output
    }

    /// Runs a shell script in the tree: takes out what a format, or who reads it, has no room for.
    func change(_ script: String) throws {
        let result = try runTool("bash", ["-euc", script], directory: path.string)
        try #require(result.status == 0, "\(result.output)")
    }

    /// Which times a reader of an archive sets.
    enum Times: String {
        case all = "-true"
        case belowTheRoot = "! -path ."
        case ofFiles = "-type f"
    }

    /// The lines in which another tree differs from this one; empty if it is the same.
    func differences(from other: FilePath, times: Times = .all) throws -> String {
        let ours = try Self.description(of: path, times).split(separator: "\n", omittingEmptySubsequences: false)
        let theirs = try Self.description(of: other, times).split(separator: "\n", omittingEmptySubsequences: false)
        return theirs.difference(from: ours).map { change in
            switch change {
            case .insert(_, let line, _): "+ \(line)\n"
            case .remove(_, let line, _): "- \(line)\n"
            }
        }.joined()
    }

    private static let listing = #"""
        cd "$1"
        left_out=(! -path './lost+found*' ! -type s)
        find . "${left_out[@]}" -printf '%p %y %m %U %G %l\n' | sort
        find . "${left_out[@]}" $2 -printf '%p %T@\n' | sort
        find . "${left_out[@]}" -type f -printf '%p %s %n\n' | sort
        find . "${left_out[@]}" \( -type c -o -type b \) -print0 | sort -z | xargs -0 -r stat -c '%n %t:%T'
        find . "${left_out[@]}" -type f -print0 | sort -z | xargs -0 sha256sum
        find . "${left_out[@]}" -print0 | sort -z | xargs -0 getfattr -h -d -m '^(user|trusted|security)' -e hex
        find . "${left_out[@]}" ! -type l -print0 | sort -z | xargs -0 getfacl -n
        """#
}
