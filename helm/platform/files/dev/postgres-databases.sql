-- Read from the environment, so that no password is in a list of processes.
\set mlflow_username `printf %s "$MLFLOW_USERNAME"`
\set mlflow_password `printf %s "$MLFLOW_PASSWORD"`
\set airflow_username `printf %s "$AIRFLOW_USERNAME"`
\set airflow_password `printf %s "$AIRFLOW_PASSWORD"`
\set superuser_password `printf %s "$POSTGRES_PASSWORD"`

alter role postgres password :'superuser_password';

select format('create role %I login', name) from (values (:'mlflow_username'), (:'airflow_username')) as wanted (name)
where not exists (select from pg_roles where rolname = name) \gexec
alter role :"mlflow_username" password :'mlflow_password';
alter role :"airflow_username" password :'airflow_password';

select format('create database %I owner %I', name, owner)
from (values ('mlflow', :'mlflow_username'), ('mlflow_auth', :'mlflow_username'), ('airflow', :'airflow_username')) as wanted (name, owner)
where not exists (select from pg_database where datname = name) \gexec
