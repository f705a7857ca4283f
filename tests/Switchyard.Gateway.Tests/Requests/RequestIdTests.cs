using System.Net;
using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Requests;

public sealed class RequestIdTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string TraceParent = $"00-{TraceId}-00f067aa0ba902b7-01";

    [Theory]
    [InlineData("POST", "/v1/chat/completions", "{", 400)]
    [InlineData("POST", "/v1/nothing", "{}", 404)]
    [InlineData("GET", "/v1/messages", "", 405)]
    [InlineData("GET", "/v1/models/nobody-has-it", "", 404)]
    [Covers("V4")]
    public async Task A_refusal_and_its_line_in_the_log_have_the_same_id(string method, string path, string body, int status)
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body.Length > 0)
            request.Content = new StringContent(body, null, "application/json");

        var response = await gateway.Http.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        var id = response.Headers.GetValues("x-request-id").Single();
        await gateway.Log.WaitForAsync(1, id);
    }

    [Fact]
    [Covers("V4")]
    public async Task The_clients_own_id_and_trace_are_taken_up()
    {
        CallRecord? ended = null;
        var sink = new EndedSink(record => ended = record);
        await using var gateway = await GatewayHost.StartAsync(
            options => options.Providers["mock"] = new(), builder => builder.AddSink(sink));
        (string, string)[] ids = [("x-request-id", "my-app:42.7"), ("traceparent", TraceParent)];

        var answer = await gateway.ChatAsync(Some.ChatRequest("mock-model-v1"), ids);
        await answer.Content.ReadAsStringAsync();
        var failed = await gateway.ChatAsync(Some.ChatRequest("nobody-has-it"), ids);
        var refused = await gateway.ChatAsync("{", ids);

        foreach (var response in new[] { answer, failed, refused })
            Assert.Equal("my-app:42.7", response.Headers.GetValues("x-request-id").Single());
        await gateway.Log.WaitForAsync(3, "my-app:42.7");
        Assert.Equal("my-app:42.7", ended?.Id);
        Assert.Equal(TraceId, ended?.TraceId);
        Assert.Equal(3, gateway.Log.GetSnapshot().Count(line =>
            line.Message.Contains("my-app:42.7", StringComparison.Ordinal) && line.Message.Contains(TraceId, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Clients_of_Anthropics_format_find_the_id_where_they_look_for_it()
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Providers["mock"] = new());
        const string Request = """{"model":"mock-model-v1","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}""";

        using var answer = await gateway.PostAsync("/v1/messages", Request);
        using var failed = await gateway.PostAsync(
            "/v1/messages", Request.Replace("mock-model-v1", "nobody-has-it", StringComparison.Ordinal));
        using var refused = await gateway.PostAsync("/v1/messages", "{");
        using var models = await gateway.Http.GetAsync("/anthropic/v1/models");
        using var others = await gateway.ChatAsync(Some.ChatRequest("mock-model-v1"));

        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.BadRequest, HttpStatusCode.OK],
            new[] { answer, failed, refused, models }.Select(response => response.StatusCode));
        foreach (var response in new[] { answer, failed, refused, models })
            Assert.Equal(response.Headers.GetValues("x-request-id"), response.Headers.GetValues("request-id"));
        Assert.False(others.Headers.Contains("request-id"));
    }

    [Theory]
    [InlineData("POST", "/v1/chat/completions")]
    [InlineData("POST", "/v1/messages")]
    [InlineData("GET", "/v1/responses/resp_of_nobody")]
    public async Task An_answer_that_cannot_be_written_fails_under_the_id_of_its_call(string method, string path)
    {
        CallRecord? ended = null;
        await using var gateway = await GatewayHost.StartAsync(
            options => options.Providers["mock"] = new(),
            builder => builder.AddSink(new EndedSink(record => ended = record)),
            UnwritableOnce.Use);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method == "POST")
        {
            request.Content = new StringContent(
                """{"model":"mock-model-v1","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}""", null, "application/json");
        }

        using var answer = await gateway.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal(ended!.Id, answer.Headers.GetValues("x-request-id").Single());
        Assert.Contains(gateway.Log.GetSnapshot(), line =>
            line.Message.StartsWith($"Call {ended.Id} ", StringComparison.Ordinal)
            && line.Message.EndsWith("could not be answered", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("<script>")]
    [InlineData("\u001b[31m")]
    [Covers("V4")]
    public async Task An_id_that_is_not_plain_is_not_taken_up(string id)
    {
        await using var gateway = await GatewayHost.StartAsync();

        foreach (var sent in new[] { id, new string('x', 129) })
        {
            var response = await gateway.ChatAsync(
                "{", ("x-request-id", sent), ("traceparent", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"));

            if (response.StatusCode == HttpStatusCode.BadRequest && response.Headers.TryGetValues("x-request-id", out var values))
                Assert.Matches("^[0-9a-f]{32}$", values.Single());
            Assert.DoesNotContain(gateway.Log.GetSnapshot(), line => line.Message.Contains(sent, StringComparison.Ordinal));
        }
    }
}
