using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Translation;

/// <summary>Servers that number the calls of each answer from zero, and clients that keep those ids.</summary>
public sealed class RepeatedIdTests
{
    private const string CallChunk = """{"role":"assistant","tool_calls":[{"index":0,"id":"call_0","type":"function","function":{"name":"look","arguments":"{}"}},{"index":1,"id":"call_0","type":"function","function":{"name":"look","arguments":"{\"at\":1}"}}]}""";

    private static readonly string s_answer = $$$"""{"id":"chatcmpl-1","object":"chat.completion","created":1790000000,"model":"m","choices":[{"index":0,"message":{{{CallChunk}}},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}""";

    public static TheoryData<string, bool> Clients
    {
        get
        {
            var clients = new TheoryData<string, bool>();
            foreach (var client in new[] { "anthropic-messages", "openai-responses" })
            {
                clients.Add(client, false);
                clients.Add(client, true);
            }

            return clients;
        }
    }

    [Theory]
    [InlineData("anthropic-messages", "id", "tool_use_id")]
    [InlineData("openai-responses", "call_id", "call_id")]
    [InlineData("bedrock-converse", "toolUseId", "toolUseId")]
    [InlineData("cohere", "id", "tool_call_id")]
    public async Task A_history_of_repeated_ids_is_sent_with_an_id_for_each_call(string format, string ofCall, string ofResult)
    {
        var sent = await SendAsync(
            format, "/v1/chat/completions",
            """
            {"model":"up/some-model","messages":[{"role":"user","content":"x"},
            {"role":"assistant","content":null,"tool_calls":[{"id":"call_0","type":"function","function":{"name":"look","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"call_0","content":"first"},
            {"role":"assistant","content":null,"tool_calls":[{"id":"call_0","type":"function","function":{"name":"look","arguments":"{}"}},{"id":"call_0","type":"function","function":{"name":"look","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"call_0","content":"second"},{"role":"tool","tool_call_id":"call_0","content":"third"}],
            "tools":[{"type":"function","function":{"name":"look","parameters":{"type":"object"}}}]}
            """);

        var (calls, results) = Ids(sent, ofCall, ofResult);
        Assert.Equal(3, calls.Distinct().Count());
        Assert.Equal("call_0", calls[0]);
        Assert.Equal(calls, results);
    }

    [Fact]
    public async Task A_chat_provider_gets_one_id_for_each_call_and_one_result_for_each()
    {
        var sent = await SendAsync(
            "openai-chat", "/v1/messages",
            """
            {"model":"up/some-model","max_tokens":99,"messages":[{"role":"user","content":"x"},
            {"role":"assistant","content":[{"type":"tool_use","id":"t","name":"look","input":{}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"stale"},{"type":"tool_result","tool_use_id":"t","content":"first"}]},
            {"role":"assistant","content":[{"type":"tool_use","id":"t","name":"look","input":{}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"second"}]}]}
            """);

        var messages = sent.GetProperty("messages").EnumerateArray().ToList();
        Assert.Equal(
            ["user", "assistant", "tool", "assistant", "tool"], messages.Select(message => message.GetProperty("role").GetString()));
        Assert.Equal(["first", "second"], messages.Where(IsResult).Select(message => message.GetProperty("content").GetString()));
        Assert.Equal(2, messages.Where(IsResult).Select(message => message.GetProperty("tool_call_id").GetString()).Distinct().Count());

        static bool IsResult(JsonElement message) => message.GetProperty("role").ValueEquals("tool");
    }

    [Theory, MemberData(nameof(Clients))]
    public async Task Each_call_of_an_answer_has_an_id_that_no_other_call_of_the_conversation_has(string client, bool stream)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai-chat");
        if (stream)
            upstream.ThenStream(Some.Chunk(CallChunk), Some.Chunk("{}", "\"tool_calls\""), Some.Done);
        else
            upstream.ThenJson(s_answer);
        var more = stream ? ",\"stream\":true" : "";
        var (path, body) = client switch
        {
            "anthropic-messages" => ("/v1/messages", """{"model":"up/some-model","max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"call_0","name":"look","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_0","content":"r"}]}]MORE}"""),
            _ => ("/v1/responses", """{"model":"up/some-model","input":[{"role":"user","content":"x"},{"type":"function_call","call_id":"call_0","name":"look","arguments":"{}"},{"type":"function_call_output","call_id":"call_0","output":"r"}]MORE}"""),
        };

        using var response = await gateway.PostAsync(path, body.Replace("MORE", more, StringComparison.Ordinal));

        var text = await response.Content.ReadAsStringAsync();
        Assert.Contains("\"call_0_2\"", text, StringComparison.Ordinal);
        Assert.Contains("\"call_0_3\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"call_0\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_without_an_id_gets_one()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai-chat");
        upstream.ThenJson(s_answer.Replace("\"id\":\"call_0\",", "", StringComparison.Ordinal));

        using var response = await gateway.PostAsync(
            "/v1/messages", """{"model":"up/some-model","max_tokens":9,"messages":[{"role":"user","content":"x"}]}""");

        var content = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync()).GetProperty("content");
        var ids = content.EnumerateArray().Select(block => block.GetProperty("id").GetString()).ToList();
        Assert.All(ids, id => Assert.StartsWith("call", id, StringComparison.Ordinal));
        Assert.Equal(2, ids.Distinct().Count());
    }

    [Theory]
    [InlineData("openai-chat", false)]
    [InlineData("openai-chat", true)]
    [InlineData("anthropic-messages", false)]
    [InlineData("anthropic-messages", true)]
    [InlineData("openai-responses", false)]
    [InlineData("openai-responses", true)]
    public async Task Each_call_of_a_provider_in_this_process_has_an_id_of_its_own(string client, bool stream)
    {
        await using var gateway = await GatewayHost.StartAsync(
            _ => { }, builder => builder.AddProvider("up", new RepeatingClient(), null, "some-model"));

        using var response = await ClientFormat.Of(client).AskAsync(gateway, stream);

        var text = await response.Content.ReadAsStringAsync();
        foreach (var id in (string[])["call_0", "call_0_2", "call_2"])
            Assert.Contains($"\"{id}\"", text, StringComparison.Ordinal);
    }

    private static (List<string> Calls, List<string> Results) Ids(JsonElement value, string ofCall, string ofResult)
    {
        var (calls, results) = (new List<string>(), new List<string>());
        Walk(value, "");
        return (calls, results);

        void Walk(JsonElement at, string name)
        {
            if (at.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in at.EnumerateArray())
                    Walk(item, name);
            }

            if (at.ValueKind != JsonValueKind.Object)
                return;
            var isResult = name == "toolResult" || Is(at, "type", "tool_result") || Is(at, "type", "function_call_output")
                || Is(at, "role", "tool");
            var isCall = name is "toolUse" or "tool_calls" || Is(at, "type", "tool_use") || Is(at, "type", "function_call");
            if (isResult && at.TryGetProperty(ofResult, out var result))
                results.Add(result.GetString()!);
            else if (isCall && at.TryGetProperty(ofCall, out var call))
                calls.Add(call.GetString()!);
            foreach (var member in at.EnumerateObject())
                Walk(member.Value, member.Name);
        }

        static bool Is(JsonElement owner, string name, string text) =>
            owner.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String && member.ValueEquals(text);
    }

    private static async Task<JsonElement> SendAsync(string format, string path, string body)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, format);
        upstream.ThenJson(ProviderFormat.Of(format).Whole);
        using var response = await gateway.PostAsync(path, body);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return JsonElement.Parse(upstream.LastRequest.Body);
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, string format) =>
        GatewayHost.StartAsync(upstream, options => options.Providers["up"].Dialect = format);

    /// <summary>Calls a tool three times: twice with the same id, once without an id.</summary>
    private sealed class RepeatingClient : IChatClient
    {
        public async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null,
            [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.CompletedTask;
            foreach (var id in (string[])["call_0", "call_0", ""])
                yield return new ChatResponseUpdate(ChatRole.Assistant, [new FunctionCallContent(id, "look")]);
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
