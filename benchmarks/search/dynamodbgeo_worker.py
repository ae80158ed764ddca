"""Runs in dynamodbgeo's own environment: loads places, searches, writes down what came and what it cost.

python dynamodbgeo_worker.py < job.json > answers.json
"""

import json
import sys

import boto3
import dynamodbgeo


def main() -> None:
    """Do the job on standard input; the library's own words go to standard error."""
    job, out = json.load(sys.stdin), sys.stdout
    sys.stdout = sys.stderr
    client = boto3.client(
        "dynamodb",
        endpoint_url=job["endpoint"],
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    spent = {"queries": 0, "units": 0.0}
    client.meta.events.register(
        "provide-client-params.dynamodb.Query", lambda params, **_: params.update(ReturnConsumedCapacity="TOTAL")
    )

    def consumed(parsed: dict, **_: object) -> None:
        spent["queries"] += 1
        spent["units"] += parsed["ConsumedCapacity"]["CapacityUnits"]

    client.meta.events.register("after-call.dynamodb.Query", consumed)
    config = dynamodbgeo.GeoDataManagerConfiguration(client, job["table"])
    config.hashKeyLength = job["hash_key_length"]
    dynamodbgeo.GeoTableUtil(config).create_table(dynamodbgeo.GeoTableUtil(config).getCreateTableRequest())
    manager = dynamodbgeo.GeoDataManager(config)
    for shop_id, lat, lon, card in job["shops"]:
        point = dynamodbgeo.GeoPoint(lat, lon)
        manager.put_Point(dynamodbgeo.PutPointInput(point, shop_id, {"Item": {"d": {"S": card}}}))
    answers = []
    for lat, lon, radius, most in job["searches"]:
        spent.update(queries=0, units=0.0)
        reach = radius if most is None else 500
        while True:
            request = dynamodbgeo.QueryRadiusRequest(dynamodbgeo.GeoPoint(lat, lon), reach, {}, sort=True)
            found = [item["rangeKey"]["S"] for item in manager.queryRadius(request)]
            if most is None or len(found) >= most or reach >= radius:
                break
            reach = min(reach * 2, radius)
        answers.append([found[:most], spent["queries"], spent["units"]])
    json.dump(answers, out)


if __name__ == "__main__":
    main()
