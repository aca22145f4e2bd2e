# The portal's commands; `make help` lists them. Needs Python 3.11 or newer and make, nothing else.

PORT ?= 8000
PYTEST_ARGS ?=
BENCH_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install install-dev install-node run reset test check lint types templates migrations deployable bench

python := .venv/bin/python

# A python on the PATH may be too old, or a shim that only prints an error: each is tried.
install_with = @for candidate in $(python) $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		exec $$candidate -I cooperation_portal/local/install.py $(1); \
	fi; done; \
	echo "The portal needs Python 3.11 or newer, and none was found. Name one: make run PYTHON=/path/to/python3"; \
	exit 1

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile
	@echo "  PORT=8001 serves on another port; PYTEST_ARGS='-k offers' picks tests."

install: ## Make .venv and install what running needs
	$(call install_with,run)

install-dev: ## Install what tests and tools need as well
	$(call install_with,dev)

install-node: ## Install what the test of TypeScript clients needs; Node and npm must be there
	npm ci --prefix clients/typescript --ignore-scripts --no-audit --no-fund

run: install ## Run the whole portal on this machine, until Ctrl-C
	@PORT=$(PORT) exec $(python) -m cooperation_portal.local.run

reset: install ## Forget the local data, so that the next run starts over
	@$(python) -m cooperation_portal.local.reset

test: install-dev ## Run all tests, with a PostgreSQL and a Valkey of their own
	$(python) -m pytest -n 2 $(PYTEST_ARGS)

check: lint types templates migrations deployable ## Check style, types, templates, migrations and production settings

lint: install-dev
	$(python) -m ruff check .
	$(python) -m ruff format --check .

# What carries rules and contracts is typed throughout; forms, views and admin are Django's own dialect.
apps := organizations assistance meetings
typed := cooperation_portal clients $(wildcard $(foreach app,$(apps),$(addprefix $(app)/,matching services querysets.py api api.py)))

types: install-dev
	$(python) -m mypy $(typed)

templates: install-dev
	$(python) -m djlint . --lint --quiet

migrations: install-dev
	$(python) manage.py makemigrations --check --dry-run

# The values only have to look like production's: this command connects to nothing.
deployable: install-dev
	DJANGO_SETTINGS_MODULE=cooperation_portal.settings.production \
	SECRET_KEY=only-for-make-check-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF \
	ALLOWED_HOSTS=portal.example SITE_URL=https://portal.example \
	DATABASE_URL=postgresql://portal@database.example/portal BROKER_URL=redis://broker.example/0 \
	EMAIL_URL=smtp+tls://mail.example:587 \
	$(python) manage.py check --deploy --fail-level WARNING

bench: install-dev ## Measure speed; the numbers are explained in benchmarks/
	$(python) -m benchmarks $(BENCH_ARGS)
