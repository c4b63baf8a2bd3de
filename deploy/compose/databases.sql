-- One database for each service, in this one server.
create database baskets;
create database cosec;
create database customers;
create database depot;
create database notifications;
create database ordering;
create database payments;
create database search;
create database stores;
