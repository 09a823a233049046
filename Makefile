# Ingot: build, test, install. `make help` lists the targets.
#
# On a fresh Debian 12 with Swift, `make image` and `make test` are all it takes: both first install what is missing.

SWIFT    ?= swift
PREFIX   ?= /usr/local
DESTDIR  ?=
OUT      ?= out

BIN      := .build/release/ingot
SHARE     = $(DESTDIR)$(PREFIX)/share/ingot
# diskimage-builder's names that the program answers to so far; it looks at the name it was called by.
NAMES    := disk-image-create ramdisk-image-create diskimage-builder element-info dib-block-device dib-lint

# Builds and privileged tests need root; everything else runs as whoever called make.
AS_ROOT  := $(shell [ "$$(id -u)" = 0 ] || echo sudo -E env "PATH=$$PATH")
# SwiftPM leaves folders in the temporary directory; here they go with .build.
SWIFTTMP := $(CURDIR)/.build/tmp

# What `make deps` installs, and why.
BUILD_PACKAGES := libparted-dev zlib1g-dev libdeflate-dev libzstd-dev libssl-dev libarchive-dev libblkid-dev \
	pkg-config
IMAGE_PACKAGES := mmdebstrap debian-archive-keyring e2fsprogs curl ca-certificates
BOOT_PACKAGES  := qemu-system-x86 qemu-utils ovmf dosfstools mtools
TEST_PACKAGES  := uidmap qemu-user-static python3-venv shellcheck debootstrap fdisk gdisk xfsprogs btrfs-progs acl attr libcap2-bin rsync python3-pip \
	python3-yaml rpm dnf zypper createrepo-c gnupg gpgv policycoreutils bash-static dpkg-dev unzip xorriso \
	qemu-block-extra git openssh-client zstd xz-utils lvm2 u-boot-tools \
	grub-common grub-pc-bin squashfs-tools erofs-utils skopeo umoci libqcow-utils libvhdi-utils libvmdk-utils p7zip-full libarchive-tools cpio
# Readers and schemas of SBOM and provenance documents, which Debian does not have.
TEST_JUDGES := 'cyclonedx-python-lib[json-validation]==11.12.0' spdx-tools==0.8.5 in-toto-attestation==0.9.3
# For `make conformance` besides those of the tests: the reference and what its elements call on the host.
CONFORMANCE_PACKAGES := python3-venv jq git curl debootstrap libarchive-tools gdisk fdisk qemu-utils

.PHONY: help deps test-deps build release install uninstall image element-docs boot-matrix conformance test lint format bench fuzz property size-sweep mutation-test layer-stress assemblies clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 22

deps: ## Install what is missing to build the program, and to build and boot images
	@scripts/install-packages "to compile Ingot" $(BUILD_PACKAGES) \
		-- "to assemble Debian images" $(IMAGE_PACKAGES) -- "to boot images, and to check them" $(BOOT_PACKAGES)

test-deps: deps ## Install what is missing for the tests, too
	@scripts/install-packages "an independent judge in a test" $(TEST_PACKAGES)
	@test -x .build/judges/bin/python3 || { python3 -m venv .build/judges && .build/judges/bin/pip install --quiet \
		$(TEST_JUDGES) || { rm -rf .build/judges; echo "The judges of SBOM documents could not be had." >&2; }; }

build: deps ## Compile for development
	@mkdir -p $(SWIFTTMP)
	TMPDIR=$(SWIFTTMP) $(SWIFT) build

release: deps ## Compile the program that is installed
	@mkdir -p $(SWIFTTMP)
	TMPDIR=$(SWIFTTMP) $(SWIFT) build -c release --static-swift-stdlib --product ingot

install: ## Install under PREFIX (/usr/local); DESTDIR stages; needs `make release` first
	@test -x $(BIN) || { echo "There is no $(BIN): run 'make release' first." >&2; exit 1; }
	install -D -m 0755 $(BIN) "$(DESTDIR)$(PREFIX)/bin/ingot"
	for name in $(NAMES); do ln -sf ingot "$(DESTDIR)$(PREFIX)/bin/$$name"; done
	rm -rf "$(SHARE)/elements" "$(SHARE)/Resources"
	mkdir -p "$(SHARE)"
	cp -R --preserve=mode,links elements Resources "$(SHARE)/"
	chmod -R u+rwX,go+rX,go-w "$(SHARE)"
	scripts/install-completions $(BIN) "$(DESTDIR)$(PREFIX)" $(NAMES)

uninstall: ## Remove what `make install` put under PREFIX
	for name in ingot $(NAMES); do \
		rm -f "$(DESTDIR)$(PREFIX)/bin/$$name" \
			"$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$name"; \
	done
	rm -f "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_ingot" \
		"$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/ingot.fish"
	rm -rf "$(SHARE)"

image: release ## Build a Debian image into OUT (out/), check it and boot it
	mkdir -p $(OUT)
	$(AS_ROOT) $(BIN) disk-image-create -o $(OUT)/debian debian-minimal vm
	qemu-img check $(OUT)/debian.qcow2
	$(BIN) boot-test $(OUT)/debian.qcow2

element-docs: build ## Write docs/elements.md and docs/elements/ out of the elements
	INGOT_SHARE=$(CURDIR) .build/debug/ingot element docs docs

boot-matrix: release test-deps ## Boot every disk layout under every firmware, and write docs/layouts.md (half an hour)
	$(AS_ROOT) scripts/boot-matrix $(BIN)

conformance: release test-deps ## Run diskimage-builder's elements with this engine, and write docs/conformance.md (an hour)
	@scripts/install-packages "to compare with diskimage-builder" $(CONFORMANCE_PACKAGES)
	$(AS_ROOT) scripts/conformance $(BIN) $(PARTS)

test: test-deps lint ## Run every test, privileged and booting ones included; lists what was skipped
	@mkdir -p $(SWIFTTMP)
	TMPDIR=$(SWIFTTMP) $(SWIFT) build --build-tests
	SWIFT="$(SWIFT)" TMPDIR=$(SWIFTTMP) $(AS_ROOT) scripts/run-tests

lint: test-deps ## Check format, layers, file lengths and shell
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests
	scripts/check-layers
	scripts/check-length
	scripts/check-shell

format: ## Format all Swift files in place
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests

bench: release ## Measure builds beside diskimage-builder (and mkosi), step by step, and our qcow2 writer beside qemu-img (an hour)
	@scripts/install-packages "to compare with diskimage-builder" $(CONFORMANCE_PACKAGES) time
	$(AS_ROOT) Benchmarks/builds.sh $(CASES)
	$(AS_ROOT) scripts/bench $(BIN) $(OUT)

fuzz: deps ## Feed every image reader with hostile bytes, SECONDS (60) each; TARGETS chooses
	@mkdir -p $(SWIFTTMP)
	SWIFT="$(SWIFT)" TMPDIR=$(SWIFTTMP) scripts/fuzz $(or $(SECONDS),60) $(TARGETS)

size-sweep: test-deps ## Size 200 random trees exactly, and compare with resize2fs -M (half an hour; root)
	@mkdir -p $(SWIFTTMP)
	TMPDIR=$(SWIFTTMP) $(SWIFT) build --build-tests
	$(AS_ROOT) unshare --mount env INGOT_SIZE_TREES=$(or $(SEEDS),1-200) $(SWIFT) test --skip-build --disable-xctest \
		--filter 'LinuxOSTests.*ExactSizeTests'

mutation-test: test-deps ## Change 220 inputs of builds one by one, and compare builds with layers to clean ones (half an hour; root)
	@mkdir -p $(SWIFTTMP)
	TMPDIR=$(SWIFTTMP) $(SWIFT) build --build-tests
	$(AS_ROOT) env INGOT_MUTATIONS=$(or $(COUNT),220) $(SWIFT) test --skip-build --disable-xctest \
		--filter 'IntegrationTests.*LayerMutations'

layer-stress: test-deps ## Run 96 builds, sixteen at once, over one store of layers with kills at random (ten minutes; root)
	@mkdir -p $(SWIFTTMP)
	TMPDIR=$(SWIFTTMP) $(SWIFT) build --build-tests
	$(AS_ROOT) env INGOT_STRESS_BUILDS=$(or $(COUNT),96) $(SWIFT) test --skip-build --disable-xctest \
		--filter 'IntegrationTests.*LayerStress'

assemblies: release test-deps ## Assemble COUNT (1000) small images as an ordinary user, 8 at a time: none may fail, nothing may be left
	scripts/assemblies $(BIN) $(or $(COUNT),1000) 8

property: test-deps ## Run the property tests of disk images with 500 cases each instead of a few dozen
	@mkdir -p $(SWIFTTMP)
	TMPDIR=$(SWIFTTMP) $(SWIFT) build --build-tests
	PROPERTY_SEEDS=500 TMPDIR=$(SWIFTTMP) $(SWIFT) test --skip-build --disable-xctest \
		--filter '^DiskFormatsTests\..*(Property|Qcow2|RawImage|HostCluster)'

clean: ## Remove what was compiled and built
	rm -rf .build $(OUT)
