"""What DAG files need of Airflow beyond its own classes. Light to import: it is read at every parse."""
