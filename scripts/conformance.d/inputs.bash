# What the builds are given besides elements, made once in the kit's store, and the variables common to all of them.
# Sourced by build and compare, after common.bash and with `inputs` set.
make_inputs() {
    mkdir -p "$inputs" "$store/home/.ssh"
    echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEmptyConformanceKey00000000000000000000000 conformance' |
        tee "$inputs/authorized_keys" >"$store/home/.ssh/authorized_keys"
    echo 'Acquire::Retries "3";' >"$inputs/apt.conf"
    printf '[sshd]\nenabled = true\nbackend = systemd\n' >"$inputs/jail.local"
    echo 'Unattended-Upgrade::Origins-Pattern { "origin=Debian"; };' >"$inputs/updates.conf"
    echo "deb http://deb.debian.org/debian bookworm main" >"$inputs/sources.list"
    if [[ ! -e $inputs/repository ]]; then
        make_repository "$inputs/repository.new" <(echo 'sources of the conformance kit')
        mv "$inputs/repository.new" "$inputs/repository"
    fi
    # The git host of glean is not everywhere within reach; its release on PyPI is.
    if [[ ! -e $inputs/glean ]]; then
        rm -rf "$inputs"/glean.new "$inputs"/glean-*
        "$venv/bin/pip" download --quiet --no-deps --no-binary :all: --no-build-isolation -d "$inputs" glean ||
            "$venv/bin/pip" download --quiet --no-deps --no-binary :all: -d "$inputs" glean
        tar --no-same-owner -xzf "$inputs"/glean-*.tar.gz -C "$inputs"
        rm "$inputs"/glean-*.tar.gz
        mv "$inputs"/glean-* "$inputs/glean.new"
        make_repository "$inputs/glean.new"
        mv "$inputs/glean.new" "$inputs/glean"
    fi
    # What pip needs for it inside, where the element `pypi` looks for a mirror.
    local mirror=$store/home/.cache/image-create/pypi/mirror file name
    if [[ ! -e $mirror ]]; then
        rm -rf "$mirror.new" "$inputs/wheels"
        "$venv/bin/pip" download --quiet --only-binary :all: -d "$inputs/wheels" pbr setuptools wheel
        for file in "$inputs"/wheels/*.whl; do
            name=${file##*/}
            name=${name%%-*}
            mkdir -p "$mirror.new/$name"
            mv "$file" "$mirror.new/$name/"
            printf '<a href="%s">%s</a>\n' "${file##*/}" "${file##*/}" >>"$mirror.new/$name/index.html"
        done
        mv "$mirror.new" "$mirror"
    fi
}

# make_repository DIRECTORY [README]: a git repository with what is in the directory.
make_repository() {
    local git=(git -C "$1" -c user.name=conformance -c user.email=conformance@invalid)
    mkdir -p "$1"
    [[ -z ${2:-} ]] || cp "$2" "$1/README"
    git init --quiet --initial-branch=master "$1"
    "${git[@]}" add --all --force
    "${git[@]}" commit --quiet --message "conformance"
    "${git[@]}" tag "$(date +%Y).1.1"
}

exec 9>"$store/inputs.lock"
flock 9
make_inputs
exec 9>&-
common=(
    DIB_RELEASE=bookworm ARCH=amd64 DIB_DEBUG_TRACE=0
    "DIB_DEBIAN_SECURITY_MIRROR=${DIB_DEBIAN_SECURITY_MIRROR:-http://deb.debian.org/debian-security}"
    "DIB_REPOLOCATION_conformance=$inputs/repository" DIB_PYTHON_VERSION=3
)
[[ -z ${DIB_DISTRIBUTION_MIRROR:-} ]] || common+=("DIB_DISTRIBUTION_MIRROR=$DIB_DISTRIBUTION_MIRROR")
