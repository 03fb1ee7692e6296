"""PostgreSQL: a cluster of this stack's own (never the distribution's), its roles, its database and Farol's schema."""

from __future__ import annotations

from pathlib import Path

from ..component import Component, Prerequisite, Program, StackError, command_prerequisite
from ..context import Context

SUPERUSER, OWNER, EXPORTER = "postgres", "farol", "farol_exporter"

ROLES = """\
SELECT 'CREATE ROLE {owner}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{owner}') \\gexec
ALTER ROLE {owner} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{owner_password}';
SELECT 'CREATE ROLE {exporter}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{exporter}') \\gexec
ALTER ROLE {exporter} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{exporter_password}';
SELECT 'GRANT pg_monitor TO {exporter}' WHERE NOT pg_has_role('{exporter}', 'pg_monitor', 'member') \\gexec
SELECT 'CREATE DATABASE farol OWNER {owner}' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'farol') \\gexec
\\connect farol
CREATE SCHEMA IF NOT EXISTS farol AUTHORIZATION {owner};
REVOKE ALL ON SCHEMA public FROM PUBLIC;
"""


class Postgres(Component):
    name = "postgres"
    title = "PostgreSQL"
    ports = {"FAROL_POSTGRES_PORT": 15432}

    def prerequisites(self, ctx: Context) -> list[Prerequisite]:
        return [command_prerequisite(ctx, "postgres", "postgresql"), command_prerequisite(ctx, "psql", "postgresql-client")]

    def install(self, ctx: Context) -> None:
        self._binary(ctx, "postgres")

    def prepare(self, ctx: Context) -> None:
        if not self._cluster(ctx).is_dir():
            self._initdb(ctx)
        # Nobody is trusted without a password, and nobody comes from outside.
        hba = ctx.render(self.name, "pg_hba.conf", "host all all 127.0.0.1/32 scram-sha-256\n")
        ctx.render(self.name, "postgresql.conf", self._config(ctx, hba))

    def program(self, ctx: Context) -> Program:
        config = ctx.run_folder(self.name) / "postgresql.conf"
        return Program(
            command=[self._binary(ctx, "postgres"), "-c", f"config_file={config}"],
            user=ctx.account,
            # INT: sessions are ended, the shutdown is clean. QUIT: at once, for data that nobody keeps.
            stop_signal="QUIT" if ctx.throwaway else "INT",
            stop_seconds=30,
        )

    def ready(self, ctx: Context) -> str | None:
        words = ["-q", "-h", "127.0.0.1", "-p", str(ctx.port("FAROL_POSTGRES_PORT"))]
        if ctx.output([self._binary(ctx, "pg_isready"), *words]) is None:
            return "pg_isready says it does not accept connections yet"
        return None

    def after_ready(self, ctx: Context) -> None:
        if ctx.throwaway:
            return
        sql = ROLES.format(
            owner=OWNER,
            owner_password=ctx.secret("postgres-owner"),
            exporter=EXPORTER,
            exporter_password=ctx.secret("postgres-exporter"),
        )
        server = {"PGHOST": "127.0.0.1", "PGPORT": str(ctx.port("FAROL_POSTGRES_PORT")), "PGDATABASE": "postgres"}
        login = {"PGUSER": SUPERUSER, "PGPASSWORD": ctx.secret("postgres-superuser")}
        psql = [self._binary(ctx, "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1"]
        ctx.run(psql, log="postgres-setup", env={**server, **login}, stdin=sql)

    def exports(self, ctx: Context) -> dict[str, str]:
        return {"FAROL_DATABASE_URL": self.url(ctx, OWNER, "postgres-owner", "farol")}

    def url(self, ctx: Context, role: str, secret: str, database: str) -> str:
        """A connection URL; the password in it keeps it out of every command line."""
        return f"postgres://{role}:{ctx.secret(secret)}@{ctx.address('FAROL_POSTGRES_PORT')}/{database}"

    def _binary(self, ctx: Context, name: str) -> Path:
        found = ctx.which(name)
        if found is None:
            raise StackError(f"{name} is not here; install PostgreSQL 15 or later (Debian: apt-get install postgresql)")
        return found

    def _cluster(self, ctx: Context) -> Path:
        return ctx.data(self.name) / "cluster"

    def _initdb(self, ctx: Context) -> None:
        """Makes the cluster beside its place and renames it, so that an interrupted initdb is simply done again."""
        unfinished = ctx.data(self.name) / "cluster.unfinished"
        ctx.run(["rm", "-rf", unfinished], log="postgres-setup")
        password = ctx.render(self.name, "superuser-password", ctx.secret("postgres-superuser") + "\n")
        command = [self._binary(ctx, "initdb"), "-D", unfinished, "-U", SUPERUSER, "--auth=scram-sha-256"]
        options = [f"--pwfile={password}", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]
        speed = ["--no-sync"] if ctx.throwaway else []
        ctx.run([*command, *options, *speed], log="postgres-setup", cwd=unfinished.parent, user=ctx.account)
        password.unlink()
        unfinished.rename(self._cluster(ctx))

    def _config(self, ctx: Context, hba: Path) -> str:
        careless = ctx.throwaway and not ctx.measured
        durability = "\n".join(f"{name} = {'off' if careless else 'on'}" for name in ("fsync", "synchronous_commit", "full_page_writes"))
        # What is measured has checkpoints as rare as a server that is set up for writing.
        wal = "4GB" if ctx.measured else "512MB"
        return f"""\
data_directory = '{self._cluster(ctx)}'
hba_file = '{hba}'
ident_file = '{self._cluster(ctx)}/pg_ident.conf'
listen_addresses = '127.0.0.1'
port = {ctx.port("FAROL_POSTGRES_PORT")}
# TCP only: a socket in a deep folder would not fit the system's limit of 107 bytes.
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 200
shared_buffers = 128MB
max_wal_size = {wal}
{durability}
log_min_duration_statement = 1s
log_lock_waits = on
log_line_prefix = '%m [%p] %q%u@%d '
timezone = 'UTC'
log_timezone = 'UTC'
"""


COMPONENT = Postgres()
