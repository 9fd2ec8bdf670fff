# Everything a maintainer runs. `make` alone lists the targets.
PYTHON ?= python3
STACK ?= staging
VENV := .venv
BIN := $(VENV)/bin
# uv compiles no bytecode by itself, and without bytecode the cloud SDKs take four times as long to import.
export UV_COMPILE_BYTECODE := 1

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# A change of a requirements file installs again; otherwise nothing runs and no network is needed.
$(VENV)/.installed: requirements.txt requirements-dev.txt requirements-uv.txt
	@command -v $(PYTHON) >/dev/null || { echo "packyard needs Python 3.11 or newer; there is no $(PYTHON). HINT: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "packyard needs Python 3.11 or newer, $(PYTHON) is $$($(PYTHON) --version 2>&1). HINT: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up $(VENV) (about half a minute, once)" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements-dev.txt
	@touch $@

.PHONY: setup
setup: $(VENV)/.installed ## Make the virtual environment

.PHONY: preview
preview: setup ## Show the whole estate of STACK, e.g. make preview STACK=production AGAINST=main ARGS=--json
	@$(BIN)/python -m preview $(STACK) $(if $(AGAINST),--against $(AGAINST)) $(ARGS)

.PHONY: who
who: export WHO_CAN := $(value CAN)
who: export WHO_BY := $(value BY)
who: export WHO_REACHES := $(value REACHES)
who: setup ## Say who can do or reach what in STACK, and how, e.g. make who STACK=production CAN="become root on pg-b"; BY=..., REACHES=pg-b:443
	@$(BIN)/python -m reach.ask "$(STACK)" $(if $(value CAN),--can "$$WHO_CAN") $(if $(value BY),--by "$$WHO_BY") $(if $(value REACHES),--reaches "$$WHO_REACHES") $(ARGS)

.PHONY: simulate
simulate: setup ## Simulate the waits of STACK's shards, e.g. make simulate STACK=staging WORKLOAD=jobs.json SHARD=... ARGS="--recommend --p50 5"
	@$(BIN)/python -m simulator "$(or $(WORKLOAD),office)" --stack "$(STACK)" $(if $(SHARD),--shard "$(SHARD)") $(ARGS)

.PHONY: leaving
leaving: setup ## Print how STACK gives up one system, e.g. make leaving STACK=staging SYSTEM=devInstance
	@$(BIN)/python -m preview.leaving $(STACK) $(SYSTEM)

.PHONY: comment
comment: setup ## Write the comment of a merge request, e.g. make comment AGAINST=origin/main OUTPUT=comment.md
	@$(BIN)/python -m preview.comment --against "$(AGAINST)" $(if $(STACKS),--stacks $(STACKS)) $(if $(OUTPUT),--output $(OUTPUT))

# The next three ask the clouds, with the identities of the pipeline. The engine's answer may hold values that nobody
# marked as secret, so it goes to a file that is removed, and kinds, names and places alone are shown.
.PHONY: cloud-preview
cloud-preview: setup ## Show what the engine and the clouds say of STACK, and keep its steps in SHOWN (needs credentials)
	@answer=$$(mktemp) && trap 'rm -f "$$answer"' EXIT && \
		{ pulumi preview --stack $(STACK) --non-interactive --json > "$$answer" || true; } && \
		$(BIN)/python -m preview.comment_engine "$$answer" --stack $(STACK) $(if $(OUTPUT),--append "$(OUTPUT)") \
		$(if $(SHOWN),&& $(BIN)/python -m preview.shown_plan "$$answer" --stack $(STACK) --write "$(SHOWN)")

.PHONY: cloud-up
cloud-up: setup ## Do in the clouds of STACK what cloud-preview kept in SHOWN, and nothing else (needs credentials)
	@test -n "$(SHOWN)" || { echo "cloud-up does what was shown. HINT: make cloud-preview STACK=$(STACK) SHOWN=shown.json, and read it" >&2; exit 1; }
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
		{ pulumi preview --stack $(STACK) --non-interactive --json --save-plan "$$folder/plan" > "$$folder/answer" || true; } && \
		$(BIN)/python -m preview.shown_plan "$$folder/answer" --stack $(STACK) --compare "$(SHOWN)" && \
		pulumi up --stack $(STACK) --plan "$$folder/plan" --skip-preview --non-interactive --yes --suppress-outputs --color never

# Ends well also where there is drift: the issue tells it.
.PHONY: drift
drift: setup ## Write what differs between the clouds and STACK to OUTPUT (needs credentials)
	@answer=$$(mktemp) && trap 'rm -f "$$answer"' EXIT && \
		{ pulumi preview --refresh --stack $(STACK) --non-interactive --json > "$$answer" || true; } && \
		{ $(BIN)/python -m preview.comment_engine "$$answer" --stack $(STACK) --output "$(OUTPUT)" || test -s "$(OUTPUT)"; }

.PHONY: test
test: setup ## Run the tests, a process for each core up to four, each test file in one of them
	@$(BIN)/python -m pytest $(or $(ARGS),-n auto --maxprocesses 4 --dist loadfile)

.PHONY: pulumi
pulumi: setup ## Build the Pulumi CLI for the rehearsal from the Go module proxy, once (where none is installed)
	@$(BIN)/python -m rehearsal.build_cli

.PHONY: rehearse
rehearse: setup ## Bring up STACK with the real engine on simulated clouds, e.g. make rehearse STACK=staging AGAINST=main
	@$(BIN)/python -m rehearsal $(STACK) $(if $(AGAINST),--against $(AGAINST)) $(if $(KEEP),--keep $(KEEP)) $(ARGS)

.PHONY: test-engine
test-engine: setup ## Run the tests that need a Pulumi CLI (about five minutes)
	@$(BIN)/python -m pytest -m engine tests/rehearsal/engine $(ARGS)

# Debian's packages that boot and feed a machine; nothing is installed where they are there.
MACHINE_TOOLS := systemd-container mmdebstrap iproute2 openssl dpkg nftables nginx procps openssh-client gnupg qemu-system-x86 e2fsprogs libpq5

.PHONY: machine-tools
machine-tools: ## Install what lab, test-machines and test-drills need (Debian, as root)
	@for tool in systemd-nspawn mmdebstrap ip openssl dpkg-deb nft nginx sysctl ssh-keygen gpg qemu-system-x86_64 mke2fs; do command -v $$tool > /dev/null || missing=1; done; \
		ldconfig -p | grep -q libpq.so.5 || missing=1; \
		if [ -n "$$missing" ]; then apt-get update -q && apt-get install -qy --no-install-recommends $(MACHINE_TOOLS); fi

.PHONY: lab
lab: export LAB_MACHINES := $(value MACHINES)
lab: setup ## Boot the machines of STACK on this host, e.g. make lab STACK=staging MACHINES=pg-a,pg-b (Debian, as root)
	@$(BIN)/python -m lab up "$(STACK)" $(if $(value MACHINES),--machines "$$LAB_MACHINES")

.PHONY: lab-apply
lab-apply: setup ## Apply stack file and machines/ as they are now to the lab that runs (NOW=1 as in the maintenance window)
	@$(BIN)/python -m lab apply "$(STACK)" $(if $(NOW),--now)

# As it was given, dollar signs and quotes included.
.PHONY: lab-shell
lab-shell: export LAB_COMMAND := $(value CMD)
lab-shell: export LAB_MACHINE := $(value MACHINE)
lab-shell: setup ## Open a root shell on a machine of the lab, or run CMD there: make lab-shell MACHINE=pg-a CMD="pairctl status"
	@$(BIN)/python -m lab shell "$(STACK)" "$$LAB_MACHINE" $(if $(value CMD),--command "$$LAB_COMMAND")

.PHONY: lab-status
lab-status: setup ## Show the labs that run, and take away what killed ones left
	@$(BIN)/python -m lab status

.PHONY: test-machines
test-machines: setup ## Boot every machine of both stacks, with DISTINCT=1 one of those that are alike (Debian, as root)
	@if [ -n "$$CI" ]; then $(MAKE) --no-print-directory machine-tools; fi
	@PACKYARD_DISTINCT=$(DISTINCT) $(BIN)/python -m pytest -m machine tests/machines tests/alerts tests/lab $(ARGS)

.PHONY: test-drills
test-drills: setup ## Break the systems, or SYSTEM=database alone, and write docs/drills.md (Debian, as root; about twenty minutes)
	@test -d "tests/drills/$(SYSTEM)" || { echo "there are no drills of $(SYSTEM). HINT: SYSTEM=$$(cd tests/drills && echo */ | sed 's/__pycache__//; s|/||g')" >&2; exit 1; }
	@if [ -n "$$CI" ]; then $(MAKE) --no-print-directory machine-tools; fi
	@$(BIN)/python -m pytest -m drill tests/drills/$(SYSTEM) $(ARGS)

.PHONY: test-adopted
test-adopted: setup ## All tests once more in a copy whose stack files are rewritten, as whoever adopts the project would
	@$(BIN)/python -m tests.adopted

.PHONY: lint
lint: setup ## Check style and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/basedpyright
	@PATH="$(CURDIR)/$(BIN):$$PATH" ANSIBLE_CONFIG=machines/converge/ansible.cfg \
		$(BIN)/ansible-lint --offline -q --profile production machines/playbooks machines/roles
	@$(BIN)/zizmor --offline --quiet --no-progress .github
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.gitlab-ci .gitlab-ci.yml
	@if command -v go > /dev/null; then \
		go build -C .github/actionlint -o $(CURDIR)/.cache/actionlint github.com/rhysd/actionlint/cmd/actionlint && \
		.cache/actionlint -shellcheck $(BIN)/shellcheck .github/workflows/*.yml; \
	else echo "lint: actionlint is left out, it needs Go" >&2; fi

.PHONY: format
format: setup ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: bench
bench: setup ## Time and memory of the preview against the import floor
	@$(BIN)/python -m tests.preview.bench

.PHONY: bench-engine
bench-engine: setup ## Time of the engine's preview and up against the import floor
	@$(BIN)/python -m tests.rehearsal.bench

.PHONY: bench-lab
bench-lab: setup machine-tools ## Time and memory of the lab from nothing and from kept roots, and what it leaves (as root)
	@$(BIN)/python -m lab.bench

.PHONY: bench-mistakes
bench-mistakes: setup ## Who sees each mistake of tests/mistakes/lists, e.g. make bench-mistakes ONLY=firewall WHOLE=1
	@nice -n 15 $(BIN)/python -m tests.mistakes $(if $(ONLY),--only "$(ONLY)") $(if $(WHOLE),--whole)

.PHONY: bench-reach
bench-reach: setup ## What is found of 31 seeded grants and openings, what is told of 20 refactorings, and what it costs
	@nice -n 15 $(BIN)/python -m tests.reach.bench

.PHONY: bench-fleet
bench-fleet: setup ## Waits and VM hours of the recommended policy beside those of others, on the same workloads (some minutes)
	@nice -n 15 $(BIN)/python -m simulator.bench $(ARGS)

.PHONY: unused-grants
unused-grants: setup ## Grants of machines that no lab has used since its cache was made, each with its reason
	@$(BIN)/python -m tests.unused

.PHONY: records
records: setup ## Write anew what tests compare with: URNs, limits, schema, specifications of roles, reference, alert rules, excerpt, drawing, comments
	@$(BIN)/python -m tests.estate.record_urns
	@$(BIN)/python -m tests.estate.record_limits
	@$(BIN)/python -m settings.documents > machines/document.schema.json
	@$(BIN)/python -m settings.argument_specs
	@$(BIN)/python -m settings.reference > docs/reference/settings.md
	@$(BIN)/python -m settings.database_pair.prometheus_rules > alerts/database-pair.rules.yml
	@$(BIN)/python -m tests.docs.excerpt
	@$(BIN)/python -m tests.preview.comment.record

.PHONY: requirements
requirements: setup ## Compile the requirements files anew after a change of a *.in file
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes -o requirements.txt requirements.in
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes -o requirements-dev.txt requirements-dev.in
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes -o requirements-policy.txt requirements-policy.in
	@$(BIN)/python -m settings.package_server.releases | while read -r name wanted; do \
		echo "$$wanted" | tr ' ' '\n' | $(BIN)/uv pip compile --quiet --generate-hashes --python-version 3.13 --no-header \
			--python-platform x86_64-manylinux_2_40 --only-binary :all: --no-binary drf-access-policy \
			-o "machines/roles/package_server/files/requirements/$$name.txt" - || exit 1; \
	done
	@grep -A1000 '^uv==' requirements-dev.txt | awk 'NR > 1 && /^[a-z]/ {exit} {print}' > requirements-uv.txt
