"""What AWS asks for what Linli uses: list prices in US dollars, rough on purpose.

As AWS published them around `AS_OF` for `SOURCE_REGION`, typed in by hand: nothing fetches or checks them. Without free
tiers, volume discounts, savings plans or tax. Other regions are that times `FACTORS`, one number a region, mostly
within a tenth or two of the bill. Good for the plan of a deployment and a model on paper; for a contract ask AWS's own
calculator.

    from infra.prices import price
    price("write_units", "ap-southeast-1") * 19 * 1_000        # what 1,000 holds write
"""

from dataclasses import dataclass

AS_OF = "2025-06"
SOURCE_REGION = "us-east-1"
HOURS = 730
"""Hours of a month, as AWS counts them."""
MONTH_SECONDS = HOURS * 3_600


@dataclass(frozen=True)
class Price:
    """A list price.

    Attributes:
        usd: US dollars for `per` of `unit` in SOURCE_REGION.
        per: how many units that buys.
        unit: what is counted.
        everywhere: the same in every region.
    """

    usd: float
    per: int
    unit: str
    everywhere: bool = False

    @property
    def each(self) -> float:
        """US dollars for one unit in SOURCE_REGION."""
        return self.usd / self.per


MILLION = 1_000_000

PRICES: dict[str, Price] = {
    # Lambda; the time is that of a function with one gigabyte.
    "lambda_requests": Price(0.20, MILLION, "invocation", everywhere=True),
    "lambda_gb_seconds_arm64": Price(13.3334, MILLION, "GB-second", everywhere=True),
    "lambda_gb_seconds_x86_64": Price(16.6667, MILLION, "GB-second", everywhere=True),
    # API Gateway, REST.
    "api_requests": Price(3.50, MILLION, "request"),
    # DynamoDB on demand; a transaction's units are counted double by DynamoDB itself.
    "write_units": Price(0.625, MILLION, "write unit"),
    "read_units": Price(0.125, MILLION, "read unit"),
    "table_gb_month": Price(0.25, 1, "GB of tables and a month"),
    "pitr_gb_month": Price(0.20, 1, "GB of point-in-time recovery and a month"),
    "backup_gb_month": Price(0.10, 1, "GB of backups and a month"),
    "export_gb": Price(0.10, 1, "GB exported to S3"),
    "restore_gb": Price(0.15, 1, "GB restored"),
    # SQS standard, 64 KB a request; SNS by mail; SES.
    "queue_requests": Price(0.40, MILLION, "request"),
    "mails": Price(0.10, 1_000, "mail"),
    # CloudWatch and X-Ray.
    "alarms": Price(0.10, 1, "alarm metric and a month", everywhere=True),
    "composite_alarms": Price(0.50, 1, "composite alarm and a month", everywhere=True),
    "metrics": Price(0.30, 1, "metric of our own and a month", everywhere=True),
    "dashboards": Price(3.00, 1, "dashboard and a month", everywhere=True),
    "canary_runs": Price(0.0012, 1, "run of a canary"),
    "log_gb": Price(0.50, 1, "GB of logs taken in"),
    "log_gb_month": Price(0.03, 1, "GB of logs and a month"),
    "traces": Price(5.00, MILLION, "trace", everywhere=True),
    # KMS, secrets, firewall.
    "keys": Price(1.00, 1, "KMS key and a month", everywhere=True),
    "key_requests": Price(0.03, 10_000, "request to KMS", everywhere=True),
    "advanced_parameters": Price(0.05, 1, "advanced parameter and a month", everywhere=True),
    "web_acls": Price(5.00, 1, "firewall and a month", everywhere=True),
    "web_acl_rules": Price(1.00, 1, "rule of a firewall and a month", everywhere=True),
    "web_acl_requests": Price(0.60, MILLION, "request through the firewall", everywhere=True),
    # S3 and what leaves AWS.
    "object_gb_month": Price(0.023, 1, "GB of objects and a month"),
    "object_writes": Price(5.00, MILLION, "write of an object"),
    "object_reads": Price(0.40, MILLION, "read of an object"),
    "traffic_out_gb": Price(0.09, 1, "GB sent to the Internet"),
    "traffic_between_regions_gb": Price(0.02, 1, "GB sent to another region"),
    # The usual always-on stack, to compare with: containers behind a balancer, PostgreSQL and Redis in two zones.
    "fargate_vcpu_hours": Price(0.04048, 1, "vCPU-hour"),
    "fargate_gb_hours": Price(0.004445, 1, "GB-hour"),
    "balancer_hours": Price(0.0225, 1, "balancer-hour"),
    "balancer_unit_hours": Price(0.008, 1, "unit-hour of a balancer"),
    "nat_hours": Price(0.045, 1, "NAT gateway-hour"),
    "nat_gb": Price(0.045, 1, "GB through a NAT gateway"),
    "postgres_t4g_medium_two_zones_hours": Price(0.129, 1, "instance-hour, db.t4g.medium in two zones"),
    "postgres_m6g_large_two_zones_hours": Price(0.318, 1, "instance-hour, db.m6g.large in two zones"),
    "postgres_r6g_2xlarge_two_zones_hours": Price(1.80, 1, "instance-hour, db.r6g.2xlarge in two zones"),
    "postgres_gb_month_two_zones": Price(0.23, 1, "GB of a database in two zones and a month"),
    "redis_t4g_small_hours": Price(0.032, 1, "node-hour, cache.t4g.small"),
    "redis_m6g_large_hours": Price(0.149, 1, "node-hour, cache.m6g.large"),
}
"""What each is called in the code -> its list price."""

FACTORS: dict[str, float] = {
    "us-east-1": 1.0,
    "us-east-2": 1.0,
    "us-west-2": 1.0,
    "us-west-1": 1.2,
    "ca-central-1": 1.1,
    "eu-west-1": 1.1,
    "eu-central-1": 1.2,
    "eu-west-2": 1.2,
    "eu-west-3": 1.2,
    "eu-north-1": 1.05,
    "ap-southeast-1": 1.2,
    "ap-southeast-2": 1.2,
    "ap-northeast-1": 1.2,
    "ap-northeast-2": 1.2,
    "ap-south-1": 1.15,
    "ap-east-1": 1.3,
    "sa-east-1": 1.7,
}
"""Region -> about how much more than in SOURCE_REGION things cost there."""
OTHER_REGIONS = 1.3
"""For a region that is not in FACTORS; rather too much than too little. China's regions are billed in CNY."""


def factor(region: str) -> float:
    """Return about how much more things cost in a region than in SOURCE_REGION."""
    return FACTORS.get(region, OTHER_REGIONS)


def price(name: str, region: str) -> float:
    """Return the rough list price of one unit in US dollars; KeyError where PRICES does not know it."""
    found = PRICES[name]
    return found.each * (1.0 if found.everywhere else factor(region))
