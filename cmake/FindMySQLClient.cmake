# The MySQL client library: Oracle's libmysqlclient where it is installed, else MariaDB's libmariadb.
# Defines MySQLClient::MySQLClient and MySQLClient_VERSION.
pkg_search_module(MySQLClient_PC QUIET IMPORTED_TARGET mysqlclient libmariadb mariadb)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MySQLClient REQUIRED_VARS MySQLClient_PC_FOUND VERSION_VAR MySQLClient_PC_VERSION)
if(MySQLClient_FOUND AND NOT TARGET MySQLClient::MySQLClient)
  add_library(MySQLClient::MySQLClient ALIAS PkgConfig::MySQLClient_PC)
endif()
