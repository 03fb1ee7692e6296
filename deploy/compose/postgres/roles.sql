-- The roles, the database and its schema; safe to repeat, so that a changed password takes effect at the next start.
-- The statements are those of the stack without containers. Passwords come from the environment.
\set ON_ERROR_STOP on
\getenv owner_password FAROL_POSTGRES_PASSWORD
\getenv exporter_password FAROL_POSTGRES_EXPORTER_PASSWORD
SELECT 'CREATE ROLE farol' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'farol') \gexec
ALTER ROLE farol LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
SELECT 'CREATE ROLE farol_exporter' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'farol_exporter') \gexec
ALTER ROLE farol_exporter LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'exporter_password';
SELECT 'GRANT pg_monitor TO farol_exporter' WHERE NOT pg_has_role('farol_exporter', 'pg_monitor', 'member') \gexec
SELECT 'CREATE DATABASE farol OWNER farol' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'farol') \gexec
\connect farol
CREATE SCHEMA IF NOT EXISTS farol AUTHORIZATION farol;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
