using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Formats;

/// <summary>Requests with more texts than their provider embeds at once.</summary>
public sealed class EmbeddingBatchTests
{
    private readonly TaskCompletionSource<CallRecord> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>96 texts are the most of Cohere's API, 100 of Gemini's; Titan takes one, DashScope ten in OpenAI's format.</summary>
    [Theory]
    [InlineData("cohere", "m", 200, 96, 96, 8)]
    [InlineData("gemini", "m", 200, 100, 100)]
    [InlineData("bedrock-converse", "amazon.titan-embed-text-v2:0", 3, 1, 1, 1)]
    [InlineData("dashscope", "m", 25, 10, 10, 5)]
    [InlineData("cohere", "m", 96, 96)]
    [InlineData("dashscope", "m", 10, 10)]
    public async Task A_request_is_sent_in_parts_whose_vectors_and_usage_become_one_answer(
        string kind, string model, int count, params int[] parts)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, kind);
        upstream.Then((http, request) => AnswerAsync(http, kind, TextsOf(kind, request)));

        using var response = await PostAsync(gateway, $"{ProviderOf(kind)}/{model}", count);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(
            Enumerable.Range(0, count).Select(static i => (i, (double)i)),
            answer.GetProperty("data").EnumerateArray().Select(
                static item => (item.GetProperty("index").GetInt32(), item.GetProperty("embedding")[0].GetDouble())));
        Assert.Equal(parts, upstream.Requests.Select(request => TextsOf(kind, request).Count));
        Assert.Equal("1", response.Headers.GetValues("x-switchyard-attempts").Single());
        // Two tokens a text, at a dollar for a million.
        Assert.Equal(2 * count, answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        var attempt = Assert.Single((await _ended.Task).Attempts);
        Assert.Equal((2L * count, 2000L * count), (attempt.Usage.Input, attempt.Cost.Total));
    }

    [Fact]
    public async Task A_generator_in_the_program_gets_all_vectors_too()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "cohere");
        upstream.Then((http, request) => AnswerAsync(http, "cohere", TextsOf("cohere", request)));

        var vectors = await gateway.Services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>().GenerateAsync(
            Enumerable.Range(0, 100).Select(Text), new EmbeddingGenerationOptions { ModelId = "up/m" });

        Assert.Equal(Enumerable.Range(0, 100).Select(static i => (float)i), vectors.Select(static vector => vector.Vector.Span[0]));
        Assert.Equal(200, vectors.Usage!.InputTokenCount);
        Assert.Equal(2, upstream.Requests.Count);
    }

    [Fact]
    public async Task What_was_answered_before_a_part_failed_is_counted()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "cohere");
        upstream.Then((http, request) => AnswerAsync(http, "cohere", TextsOf("cohere", request)));
        upstream.ThenJson("""{"message":"no"}""", 500);

        using var response = await PostAsync(gateway, "up/m", 200);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal(2, upstream.Requests.Count);
        var attempt = Assert.Single((await _ended.Task).Attempts);
        Assert.Equal(
            (AttemptOutcome.Failed, 192L, 192_000L), (attempt.Outcome, attempt.Usage.Input, attempt.Cost.Total));
    }

    [Fact]
    public async Task Each_part_counts_against_the_requests_that_a_provider_may_be_sent()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "cohere", requestsPerMinute: 3);
        upstream.Then((http, request) => AnswerAsync(http, "cohere", TextsOf("cohere", request)));

        using var response = await PostAsync(gateway, "up/m", 200);
        using var refused = await PostAsync(gateway, "up/m", 1);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (response.StatusCode, refused.StatusCode));
        Assert.Equal(3, upstream.Requests.Count);
    }

    [Fact]
    public async Task A_part_with_too_few_vectors_fails_the_call()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "cohere");
        upstream.Then((http, request) => AnswerAsync(http, "cohere", TextsOf("cohere", request)));
        upstream.Then((http, request) => AnswerAsync(http, "cohere", TextsOf("cohere", request)[1..]));

        using var response = await PostAsync(gateway, "up/m", 100);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains("3 of 4 embeddings", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(192 + 6, Assert.Single((await _ended.Task).Attempts).Usage.Input);
    }

    [Fact]
    public async Task Vectors_beyond_the_texts_of_a_part_do_not_move_those_of_the_next()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "cohere");
        upstream.Then((http, request) => AnswerAsync(http, "cohere", [.. TextsOf("cohere", request), "7"]));

        using var response = await PostAsync(gateway, "up/m", 97);

        var data = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("data");
        Assert.Equal((97, 96), (data.GetArrayLength(), data[96].GetProperty("embedding")[0].GetInt32()));
    }

    [Fact]
    public async Task A_client_that_leaves_stops_the_parts()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "cohere");
        upstream.Then((http, request) => AnswerAsync(http, "cohere", TextsOf("cohere", request)));
        using var leaving = new CancellationTokenSource();
        upstream.Then(async http =>
        {
            await leaving.CancelAsync();
            await upstream.HangAsync(http);
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => gateway.Services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>().GenerateAsync(
                Enumerable.Range(0, 300).Select(Text), new EmbeddingGenerationOptions { ModelId = "up/m" }, leaving.Token));

        await upstream.ClientLeft;
        Assert.Equal(2, upstream.Requests.Count);
        Assert.Equal(192, Assert.Single((await _ended.Task).Attempts).Usage.Input);
    }

    /// <summary>All parts are written before the first is sent.</summary>
    [Fact]
    public async Task A_text_that_cannot_be_sent_is_named_by_its_place_in_the_whole_request_and_costs_nothing()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "cohere");
        var inputs = string.Join(',', Enumerable.Repeat("\"a\"", 97).Append("[1,2]"));

        using var response = await gateway.PostAsync("/v1/embeddings", $$"""{"model":"up/m","input":[{{inputs}}]}""");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Equal("input[97]", error.GetProperty("param").GetString());
        Assert.Empty(upstream.Requests);
    }

    /// <summary>Each part has its own buffer and its own request.</summary>
    [Fact]
    public async Task More_texts_than_OpenAI_takes_are_refused_before_any_is_sent()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "cohere");

        using var response = await PostAsync(gateway, "up/m", 2049);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("up to 2048", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(upstream.Requests);
    }

    /// <summary>A list of token ids is one text, however long.</summary>
    [Fact]
    public async Task Token_ids_are_no_texts()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "dashscope");
        upstream.Then((http, _) => AnswerAsync(http, "dashscope", ["0"]));

        using var response = await gateway.PostAsync(
            "/v1/embeddings", $$"""{"model":"dashscope/m","input":[{{string.Join(',', Enumerable.Range(0, 50))}}]}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Single(upstream.Requests);
    }

    private Task<GatewayHost> StartAsync(FakeUpstream upstream, string kind, int? requestsPerMinute = null) => GatewayHost.StartAsync(
        options =>
        {
            if (requestsPerMinute is not null)
                options.Limits[ProviderOf(kind)] = new() { RequestsPerMinute = requestsPerMinute };
            options.Providers[ProviderOf(kind)] = new()
            {
                BaseUrl = upstream.BaseUrl, Key = "k", Dialect = kind == "dashscope" ? null : kind, Models = ["m"],
            };
            options.Prices.Models[ProviderOf(kind) + "/*"] = new() { Input = 1, Output = 1 };
        },
        builder => builder.AddSink(new EndedSink(record => _ended.TrySetResult(record))));

    /// <summary>A vendor whose entry in the catalogue has the limit; the others have it by their format.</summary>
    private static string ProviderOf(string kind) => kind == "dashscope" ? kind : "up";

    private static Task<HttpResponseMessage> PostAsync(GatewayHost gateway, string model, int count) => gateway.PostAsync(
        "/v1/embeddings",
        $$"""{"model":"{{model}}","input":{{JsonSerializer.Serialize(Enumerable.Range(0, count).Select(Text))}}}""");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static List<string> TextsOf(string kind, SeenRequest request)
    {
        var body = JsonElement.Parse(request.Text);
        return kind switch
        {
            "cohere" => [.. body.GetProperty("texts").EnumerateArray().Select(static text => text.GetString()!)],
            "gemini" => [.. body.GetProperty("requests").EnumerateArray().Select(
                static one => one.GetProperty("content").GetProperty("parts")[0].GetProperty("text").GetString()!)],
            "bedrock-converse" => [body.GetProperty("inputText").GetString()!],
            _ => [.. body.GetProperty("input").EnumerateArray().Select(static text => text.GetString()!)],
        };
    }

    private static Task AnswerAsync(Microsoft.AspNetCore.Http.HttpContext http, string kind, List<string> texts)
    {
        var tokens = 2 * texts.Count;
        var json = kind switch
        {
            "cohere" => $$$"""
                {"id":"e","embeddings":{"float":[{{{Joined("[", ",0]")}}}]},"meta":{"billed_units":{"input_tokens":{{{tokens}}} } } }
                """,
            "gemini" => $$$"""
                {"embeddings":[{{{Joined("{\"values\":[", ",0]}")}}}],"usageMetadata":{"promptTokenCount":{{{tokens}}}}}
                """,
            "bedrock-converse" => $$"""{"embedding":[{{texts[0]}},0],"inputTextTokenCount":{{tokens}}}""",
            _ => $$$"""
                {"object":"list","data":[{{{string.Join(',', texts.Select(Item))}}}],"model":"m",
                 "usage":{"prompt_tokens":{{{tokens}}},"total_tokens":{{{tokens}}}}}
                """,
        };
        return FakeUpstream.WriteAsync(http, 200, "application/json", json);

        static string Item(string text, int at) => $$"""{"object":"embedding","index":{{at}},"embedding":[{{text}},0]}""";

        string Joined(string before, string after) => string.Join(',', texts.Select(text => before + text + after));
    }
}
