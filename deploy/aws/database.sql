-- One service's database and its two roles: `owner` makes tables, `service` uses them. Run again, it changes passwords only.
select format('create role %I login', role) from unnest(array[:'owner', :'service']) role
where not exists (select from pg_roles where rolname = role) \gexec
alter role :"owner" password :'owner_password';
alter role :"service" password :'own_password';

-- Who is no superuser makes a database only for a role that he is a member of.
select format('grant %I to current_user', :'owner')
where not pg_has_role(current_user, :'owner', 'member') \gexec
select format('create database %I owner %I', :'service', :'owner')
where not exists (select from pg_database where datname = :'service') \gexec
revoke all on database :"service" from public;
grant connect on database :"service" to :"service";
