"""Others that say who somebody is, without internet, for development and tests: `python -m infra.sandbox.logins`.

WeChat's sign-in (mini programs and open platform), and an OpenID provider. Whoever comes may call themselves what they
like: a name is a person. It never ships, and it is UNPROVEN against WeChat itself, from whose documents it was written.

GET    /                                      a line for people
GET    /sns/jscode2session                    WeChat: from a mini program's code to who it is
GET    /sns/oauth2/access_token               WeChat: likewise, for apps and pages
GET    /connect/qrconnect                     WeChat: the page with the QR code; POST `user=<name>` is a scan of it
POST   /sandbox/wechat/codes                  {"appid", "user", "bound"?} the code of somebody in an app; `bound` false:
                                              the app is not bound to the open platform, and tells no unionid
POST   /sandbox/wechat/failures               {"errcode", "times"?} the next questions are answered with it
GET    /oidc/.well-known/openid-configuration the OpenID provider, with /oidc/jwks and /oidc/token
GET    /oidc/authorize                        its page; POST `user=<name>` signs in, `action=deny` does not
"""

from infra.sandbox.logins.server import LoginSandbox

__all__ = ["LoginSandbox"]
