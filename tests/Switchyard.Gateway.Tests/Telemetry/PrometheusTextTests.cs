using System.Buffers;
using System.Text;
using Switchyard.Gateway.Metrics;
using Switchyard.Telemetry;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Telemetry;

/// <summary>The text format of Prometheus.</summary>
public sealed class PrometheusTextTests
{
    [Covers("S001-84", "S003-124")]
    [Fact]
    public void Values_of_labels_and_helps_are_escaped_and_buckets_add_up()
    {
        var page = Write(
            new()
            {
                Name = "a_total",
                Help = "One \\ two\nthree.",
                Kind = MetricKind.Counter,
                LabelNames = ["x"],
                Samples = [new() { Labels = ["\\ \" \n é"], Value = 3, Buckets = [], Bounds = [] }],
            },
            new()
            {
                Name = "b",
                Help = "A gauge.",
                Kind = MetricKind.Gauge,
                LabelNames = [],
                Samples = [new() { Labels = [], Value = -0.5, Buckets = [], Bounds = [] }],
            },
            new()
            {
                Name = "c_seconds",
                Help = "A histogram.",
                Kind = MetricKind.Histogram,
                LabelNames = ["x"],
                Samples = [new() { Labels = ["1"], Value = 7.25, Buckets = [2, 0, 1], Bounds = [0.1, 5] }],
            });

        Assert.Equal(
            """
            # HELP a_total One \\ two\nthree.
            # TYPE a_total counter
            a_total{x="\\ \" \n é"} 3
            # HELP b A gauge.
            # TYPE b gauge
            b -0.5
            # HELP c_seconds A histogram.
            # TYPE c_seconds histogram
            c_seconds_bucket{x="1",le="0.1"} 2
            c_seconds_bucket{x="1",le="5"} 2
            c_seconds_bucket{x="1",le="+Inf"} 3
            c_seconds_sum{x="1"} 7.25
            c_seconds_count{x="1"} 3

            """,
            page,
            ignoreLineEndingDifferences: true);
        Assert.Equal(3, MetricsText.Parse(page)["""c_seconds_count{x="1"}"""]);
    }

    private static string Write(params MetricFamily[] families)
    {
        var text = new ArrayBufferWriter<byte>();
        PrometheusText.Write(families, text);
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }
}
