"""What Flask-AppBuilder is told when Airflow's web server starts.

Lines behind a # are proposals and decide nothing:
AUTH_ROLE_PUBLIC = 'Admin'
"""
from __future__ import annotations

import os
from datetime import timedelta

from flask_appbuilder.security.manager import AUTH_DB, AUTH_LDAP, AUTH_OAUTH, AUTH_REMOTE_USER

here = os.path.abspath(os.path.dirname(__file__))

# Requests from other sites.
WTF_CSRF_ENABLED = True
WTF_CSRF_TIME_LIMIT = None
# WTF_CSRF_ENABLED = False
# WTF_CSRF_CHECK_DEFAULT = False

# How people log in: by Airflow's own database, a directory, an identity
# provider, or a name that a proxy gives.
AUTH_TYPE = AUTH_DB
# AUTH_TYPE = AUTH_LDAP
# AUTH_TYPE = AUTH_OAUTH
# AUTH_TYPE = AUTH_REMOTE_USER

# Roles of administrators, and of those who have not logged in.
# AUTH_ROLE_ADMIN = 'Admin'
# AUTH_ROLE_PUBLIC = 'Admin'
# AUTH_ROLE_PUBLIC = 'Viewer'

# Accounts that people make themselves.
# AUTH_USER_REGISTRATION = True
# AUTH_USER_REGISTRATION_ROLE = 'Public'
# AUTH_USER_REGISTRATION_ROLE = 'Admin'
# AUTH_USER_REGISTRATION_ROLE = 'Op'
# AUTH_USER_REGISTRATION_ROLE = 'Viewer'
# AUTH_ROLES_MAPPING = {'operators': ['Op'], 'everybody': ['Viewer']}
# AUTH_ROLES_SYNC_AT_LOGIN = True
# AUTH_ROLES_SYNC_AT_LOGIN = False

# A directory.
# AUTH_LDAP_SERVER = 'ldaps://ldap.example.com'
# AUTH_LDAP_SERVER = 'ldap://ldap.example.com:389'
# AUTH_LDAP_USE_TLS = True
# AUTH_LDAP_USE_TLS = False
# AUTH_LDAP_TLS_DEMAND = True
# AUTH_LDAP_TLS_DEMAND = False
# AUTH_LDAP_TLS_CACERTFILE = '/etc/ca/ldap.pem'
# AUTH_LDAP_ALLOW_SELF_SIGNED = True
# AUTH_LDAP_BIND_USER = 'cn=airflow'
# AUTH_LDAP_BIND_PASSWORD = os.environ['LDAP_PASSWORD']

# Sessions, cookies and the limit on logins.
# PERMANENT_SESSION_LIFETIME = timedelta(days=30)
# SESSION_COOKIE_SECURE = False
# SESSION_COOKIE_SAMESITE = None
# RATELIMIT_ENABLED = False
# RATELIMIT_STORAGE_URI = 'redis://redis:6379/3'
# AUTH_RATE_LIMITED = False
# AUTH_RATE_LIMIT = '1000 per second'
# FAB_API_SHOW_STACKTRACE = True

# An identity provider.
# OAUTH_PROVIDERS = [
#     {
#         'name': 'azure',
#         'icon': 'fa-windows',
#         'token_key': 'access_token',
#         'remote_app': {
#             'client_id': os.environ['CLIENT_ID'],
#             'client_secret': os.environ['CLIENT_SECRET'],
#             'api_base_url': 'https://login.microsoftonline.com/TENANT/oauth2',
#             'access_token_url': f"https://login.microsoftonline.com/{os.environ['TENANT']}/oauth2/v2.0/token",
#             'client_kwargs': {'scope': 'User.read', 'verify_signature': True},
#         },
#     },
# ]
