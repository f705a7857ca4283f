using System.Text;
using Switchyard.Canonical;
using Switchyard.Stored;
using Xunit;

namespace Switchyard.Gateway.Tests.Stored;

/// <summary>The token counts of a batch and of its output lines, in reads of any size.</summary>
public sealed class BatchOutputTests
{
    private const string Lines = """
        {"custom_id":"1","response":{"status_code":200,"body":{"model":"m","usage":{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}}},"error":null}
        {"custom_id":"2","response":{"body":{"output":[{"text":"}\n{"}],"usage":{"input_tokens":1,"output_tokens":2,"input_tokens_details":{"cached_tokens":1}},"model":"m"}}}

        {"custom_id":"3","response":{"status_code":200,"body":{"data":[{"embedding":[0.1]}],"model":"e","usage":{"prompt_tokens":7,"total_tokens":7}}}}
        {"custom_id":"4","response":{"status_code":400,"body":{"error":{"message":"No."}}},"error":null}
        {"custom_id":"5","response":null,"error":{"code":"batch_expired"}}
        {"custom_id":"6","response":{"status_code":200,"body":{"usage":{"input_tokens":3,"output_tokens":4}}}}
        """;

    [Fact]
    public void What_is_read_does_not_depend_on_where_the_bytes_are_cut()
    {
        var bytes = Encoding.UTF8.GetBytes(Lines);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            using var output = new BatchOutput();
            output.Read(bytes.AsSpan(0, cut));
            output.Read(bytes.AsSpan(cut));
            output.End();

            Assert.Equal(["", "e", "m"], output.Models.Keys.Order(StringComparer.Ordinal));
            Assert.Equal(new TokenUsage { Input = 11, Output = 7, CacheRead = 5, Reasoning = 2 }, output.Models["m"].Usage);
            Assert.Equal(new TokenUsage { Input = 7 }, output.Models["e"].Usage);
            Assert.Equal(new TokenUsage { Input = 3, Output = 4 }, output.Models[""].Usage);
            Assert.Equal(0, output.PassedOver);
        }
    }

    [Theory]
    [InlineData(",\"request_counts\":{\"total\":12,\"completed\":10,\"failed\":2}", 10)]
    [InlineData(",\"request_counts\":{\"total\":2,\"completed\":10}", 2)]
    [InlineData(",\"request_counts\":{\"completed\":1000001}", 1)]
    [InlineData(",\"request_counts\":{\"completed\":9223372036854775807,\"total\":9223372036854775807}", 1)]
    [InlineData(",\"request_counts\":{\"completed\":9223372036854775808}", 1)]
    [InlineData(",\"request_counts\":{\"total\":3,\"completed\":-4}", 1)]
    [InlineData(",\"request_counts\":{\"completed\":\"4\"}", 1)]
    [InlineData(",\"request_counts\":null", 1)]
    [InlineData("", 1)]
    public void A_batch_object_says_how_many_answers_its_usage_is_of(string counts, long expected)
    {
        var json = $$$"""
            {"id":"b","model":"m","status":"completed"{{{counts}}},"usage":{"input_tokens":7,"output_tokens":2,"total_tokens":9}}
            """;

        var (_, sum) = Assert.Single(BatchUse.Of(Encoding.UTF8.GetBytes(json))!.Models);

        Assert.Equal((9L, expected, 0L), (sum.Usage.Total!.Value, sum.Requests, sum.Grounded));
    }

    [Fact]
    public void Results_of_messages_count_what_is_in_the_cache_and_nothing_of_what_failed()
    {
        const string lines = """
            {"custom_id":"1","result":{"type":"succeeded","message":{"model":"c","usage":{"input_tokens":10,"cache_read_input_tokens":4,"cache_creation_input_tokens":3,"cache_creation":{"ephemeral_1h_input_tokens":2},"output_tokens":5,"server_tool_use":{"web_search_requests":1},"service_tier":"batch"}}}}
            {"custom_id":"2","result":{"type":"errored","error":{"type":"error","error":{"type":"api_error","message":"No."}}}}
            {"custom_id":"3","result":{"type":"canceled"}}
            {"custom_id":"4","result":{"type":"expired"}}
            {"custom_id":"5","result":{"message":{"usage":{"output_tokens":1,"input_tokens":2},"model":"c"},"type":"succeeded"}}
            """;
        using var output = new BatchOutput(isOfMessages: true);
        output.Read(Encoding.UTF8.GetBytes(lines));
        output.End();

        var (model, sum) = Assert.Single(output.Models);
        Assert.Equal("c", model);
        Assert.Equal(
            new TokenUsage { Input = 19, Output = 6, CacheRead = 4, CacheWrite = 3, CacheWriteHour = 2, WebSearches = 1 }, sum.Usage);
        Assert.Equal((2L, 1L), (sum.Requests, sum.Grounded));
        Assert.Equal(0, output.PassedOver);
    }

    [Fact]
    public void Results_of_messages_count_what_the_provider_used_to_shorten_them_or_to_ask_an_advisor()
    {
        const string lines = """
            {"custom_id":"1","result":{"type":"succeeded","message":{"model":"c","usage":{"input_tokens":10,"output_tokens":5,"iterations":[{"type":"compaction","input_tokens":100,"cache_read_input_tokens":40,"output_tokens":20},{"type":"message","input_tokens":10,"output_tokens":5}]}}}}
            {"custom_id":"2","result":{"type":"succeeded","message":{"model":"c","usage":{"iterations":[{"type":"message","input_tokens":1,"output_tokens":2},{"type":"advisor_message","model":"d","input_tokens":1000,"output_tokens":200}],"input_tokens":1,"output_tokens":2}}}}
            """;
        using var output = new BatchOutput(isOfMessages: true);
        output.Read(Encoding.UTF8.GetBytes(lines));
        output.End();

        // 10 + 100 + 40 + 1 + 1,000 and 5 + 20 + 2 + 200.
        Assert.Equal(new TokenUsage { Input = 1151, Output = 227, CacheRead = 40 }, Assert.Single(output.Models).Value.Usage);
        Assert.Equal(0, output.PassedOver);
    }

    [Theory]
    [InlineData(false, 100)]
    [InlineData(true, 100)]
    [InlineData(false, 900)]
    [InlineData(true, 900)]
    public void A_line_counts_however_deep_its_answer_is_nested(bool isOfMessages, int depth)
    {
        var deep = new string('[', depth) + new string(']', depth);
        var line = isOfMessages
            ? """{"result":{"message":{"content":[{"input":DEEP}],"model":"m","usage":{"input_tokens":1,"output_tokens":2}}}}"""
            : """{"response":{"body":{"tools":[DEEP],"model":"m","usage":{"input_tokens":1,"output_tokens":2}}}}""";
        using var output = new BatchOutput(isOfMessages: isOfMessages);
        output.Read(Encoding.UTF8.GetBytes(line.Replace("DEEP", deep, StringComparison.Ordinal)));
        output.End();

        Assert.Equal(new TokenUsage { Input = 1, Output = 2 }, Assert.Single(output.Models).Value.Usage);
        Assert.Equal(0, output.PassedOver);
    }

    [Fact]
    public void An_output_may_begin_with_a_byte_order_mark()
    {
        using var output = new BatchOutput();
        output.Read(Encoding.UTF8.GetBytes($"\uFEFF{Line("m", 1)}\n{Line("m", 2)}\n"));
        output.End();

        Assert.Equal((new TokenUsage { Input = 3, Output = 2 }, 0), (output.Models["m"].Usage, output.PassedOver));
    }

    [Fact]
    public void More_searches_than_one_sum_can_hold_are_in_several()
    {
        using var output = new BatchOutput(isOfMessages: true);
        foreach (var searches in (int[])[40_000, 20_000, 1, 59_999, 65_000])
        {
            output.Read(Encoding.UTF8.GetBytes(
                """{"result":{"message":{"model":"c","usage":{"input_tokens":1,"output_tokens":2,"server_tool_use":{"web_search_requests":N}}}}}"""
                    .Replace("N", $"{searches}", StringComparison.Ordinal) + "\n"));
        }

        output.End();

        Assert.All(output.All, sum => Assert.Equal("c", sum.Key));
        Assert.Equal([60_000L, 60_000L, 65_000L], output.All.Select(sum => sum.Value.Usage.WebSearches!.Value));
        Assert.Equal(
            (5L, 10L), (output.All.Sum(sum => sum.Value.Usage.Input!.Value), output.All.Sum(sum => sum.Value.Usage.Output!.Value)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void A_line_that_is_too_long_or_unreadable_is_passed_over_and_the_next_one_counts(int piece)
    {
        var text = new string('x', 300);
        var lines = string.Join(
            '\n', Line("m", 1, text), Line("m", 2), "no JSON", Line("\\ud800", 4), Line("n", 8), Line("m", 16, text));
        using var output = new BatchOutput(longestLine: 200);
        foreach (var part in Encoding.UTF8.GetBytes(lines).Chunk(piece))
            output.Read(part);
        output.End();

        Assert.Equal(["m", "n"], output.Models.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(new TokenUsage { Input = 2, Output = 1 }, output.Models["m"].Usage);
        Assert.Equal(new TokenUsage { Input = 8, Output = 1 }, output.Models["n"].Usage);
        Assert.Equal(4, output.PassedOver);
    }

    [Theory]
    [InlineData("completed")]
    [InlineData("expired")]
    [InlineData("cancelled")]
    [InlineData("failed")]
    public void A_batch_that_is_over_says_what_it_has_used(string status)
    {
        var use = BatchUse.Of(Encoding.UTF8.GetBytes(Batch(status)));

        Assert.Equal("batch_1", use!.Batch);
        var (model, sum) = Assert.Single(use.Models);
        Assert.Equal(("m", new TokenUsage { Input = 10, Output = 5, CacheRead = 4, Reasoning = 2 }), (model, sum.Usage));
    }

    [Fact]
    public void One_that_runs_or_says_too_little_says_nothing()
    {
        string[] batches =
        [
            Batch("in_progress"),
            Batch("finalizing"),
            Batch("cancelling"),
            Batch("completed").Replace("\"m\"", "null", StringComparison.Ordinal),
            Batch("completed").Replace("\"m\"", "\"\\ud800\"", StringComparison.Ordinal),
            Batch("completed").Replace("10", "0", StringComparison.Ordinal).Replace("5", "0", StringComparison.Ordinal),
            """{"id":"batch_1","status":"completed","model":"m"}""",
            """{"id":"batch_1","status":"completed","model":"m","usage":null}""",
            "[]",
            "{",
        ];

        Assert.All(batches, batch => Assert.Null(BatchUse.Of(Encoding.UTF8.GetBytes(batch))));
    }

    private static string Line(string model, int tokens, string text = "") =>
        """{"response":{"body":{"model":"MODEL","text":"TEXT","usage":{"prompt_tokens":TOKENS,"completion_tokens":1}}}}"""
            .Replace("MODEL", model, StringComparison.Ordinal).Replace("TEXT", text, StringComparison.Ordinal)
            .Replace("TOKENS", $"{tokens}", StringComparison.Ordinal);

    private static string Batch(string status) =>
        """
        {"id":"batch_1","object":"batch","metadata":{"model":"x"},"model":"m","status":"STATUS",
         "usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4},"output_tokens":5,
          "output_tokens_details":{"reasoning_tokens":2},"total_tokens":15}}
        """.Replace("STATUS", status, StringComparison.Ordinal);
}
