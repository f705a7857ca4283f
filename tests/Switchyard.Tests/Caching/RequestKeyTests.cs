using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using Switchyard.Caching;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.TestKit;
using Switchyard.Tests.Architecture;
using Switchyard.Tests.Calls;
using Switchyard.Tests.CrossDialect;
using Xunit;

namespace Switchyard.Tests.Caching;

/// <summary>The parts of a request's key: everything except the fields that the page about caching names.</summary>
public sealed partial class RequestKeyTests
{
    public static TheoryData<string> Formats => [.. FieldSheet.Formats];

    [Covers("S003-44")]
    [Theory, MemberData(nameof(Formats))]
    public void Each_field_of_a_request_makes_another_key_unless_the_page_says_that_it_does_not_count(string format)
    {
        var sheet = FieldSheet.Read(format);
        var ignored = IgnoredOnThePage(format);
        var plain = KeyOf(format, sheet.With());
        var seen = new Dictionary<AnswerKey, string> { [plain!.Value] = "nothing" };

        foreach (var (path, value) in sheet.Fields)
        {
            var body = sheet.With((path, value));
            if (JsonNode.DeepEquals(JsonNode.Parse(body), sheet.Base) || path.Split(' ')[0] is "stream")
                continue;
            var top = path.Split('/', ' ')[0];
            var key = KeyOf(format, body);
            if (Refuses(format, path) && value.ToJsonString() != "false")
                Assert.Null(key);
            else if (ignored.Contains(top))
                Assert.True(key == plain, $"{path} counts, although the page says that it does not.");
            else
                Assert.True(
                    key is not null && seen.TryAdd(key.Value, path), $"{path} has the key of {(key is null ? "-" : seen[key.Value])}.");
        }
    }

    [Covers("S003-44")]
    [Theory, MemberData(nameof(Formats))]
    public void Each_value_anywhere_in_a_request_makes_another_key(string format)
    {
        var sheet = FieldSheet.Read(format);
        var ignored = IgnoredOnThePage(format);
        var whole = JsonNode.Parse(sheet.With([.. sheet.Fields.Where(field => !IsOneOfTwo(field.Path) && !Refuses(format, field.Path))]))!;
        var plain = KeyOf(format, Bytes(whole));
        Assert.NotNull(plain);

        foreach (var (path, changed) in Changed(whole))
        {
            if (path is "stream" || ignored.Contains(path.Split('/')[0]))
                continue;
            Assert.True(KeyOf(format, Bytes(changed)) != plain, $"{path} does not count.");
        }
    }

    [Fact]
    public void The_page_names_what_does_not_count_and_nothing_else()
    {
        foreach (var format in BuiltInDialects.Set.IngressIds)
        {
            Assert.Equal(
                KeyRules.Of(format).Ignored.Where(name => name != "stream").Order(StringComparer.Ordinal),
                IgnoredOnThePage(format.Value).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void How_json_is_written_makes_no_difference_at_the_top_and_the_order_below_does()
    {
        const string format = "openai-chat";
        var plain = KeyOf(format, """{"model":"m","temperature":1,"messages":[{"role":"user","content":"A"}]}""");

        Assert.Equal(plain, KeyOf(format, """ { "messages" : [ {"role":"user","content":"\u0041"} ], "temperature":1, "model":"m" } """));
        Assert.Equal(plain, KeyOf(format, """{"model":"m","temperature":1,"stream":false,"messages":[{"role":"user","content":"A"}]}"""));
        Assert.NotEqual(plain, KeyOf(format, """{"model":"m","temperature":1,"messages":[{"content":"A","role":"user"}]}"""));
        Assert.NotEqual(plain, KeyOf(format, """{"model":"m","temperature":1.0,"messages":[{"role":"user","content":"A"}]}"""));
        Assert.NotEqual(plain, KeyOf(format, """{"model":"m","temperature":1,"messages":[{"role":"user","content":["A"]}]}"""));
    }

    [Fact]
    public void A_key_also_holds_who_asks_which_targets_may_answer_and_how_strictly()
    {
        var call = SomeCall.Of(SomeCall.RouteTo("up/m"));
        var keys = RequestKey.Of(call, byTenant: false)!.Value;

        Assert.Equal(keys, RequestKey.Of(SomeCall.Of(SomeCall.RouteTo("up/m")), byTenant: false));
        var elsewhere = RequestKey.Of(SomeCall.Of(SomeCall.RouteTo("other/m")), byTenant: false)!.Value;
        var streamed = RequestKey.Of(SomeCall.Of(SomeCall.RouteTo("up/m"), stream: true), byTenant: false)!.Value;
        Assert.Equal(keys.Content, elsewhere.Content);
        Assert.NotEqual(keys.Scoped, elsewhere.Scoped);
        Assert.NotEqual(keys.Content, streamed.Content);
        call.Experiment = "test=b";
        Assert.NotEqual(keys.Scoped, RequestKey.Of(call, byTenant: false)!.Value.Scoped);
    }

    [Fact]
    public void Two_keys_whose_ids_are_the_same_share_nothing()
    {
        // An id is 32 bits of a hash, and a gateway may have a hundred thousand keys.
        var (one, other) = (Of("one"), Of("other"));

        Assert.Equal(RequestKey.Of(one, byTenant: false), RequestKey.Of(Of("one"), byTenant: false));
        Assert.NotEqual(RequestKey.Of(one, byTenant: false), RequestKey.Of(other, byTenant: false));
        Assert.NotEqual(RequestKey.Named(one, "k-1"), RequestKey.Named(other, "k-1"));

        static ModelCall Of(string name)
        {
            var call = SomeCall.Of(SomeCall.RouteTo("up/m"));
            call.SetCaller(new Caller("key-00000000", name), null);
            return call;
        }
    }

    [Fact]
    public void A_request_in_the_background_or_in_a_conversation_that_the_provider_keeps_has_no_key()
    {
        const string format = "openai-responses";
        Assert.NotNull(KeyOf(format, """{"model":"m","input":"A","background":false}"""));
        Assert.Null(KeyOf(format, """{"model":"m","input":"A","background":true}"""));
        Assert.Null(KeyOf(format, """{"model":"m","input":"A","conversation":"c"}"""));
        Assert.Null(KeyOf(format, """{"model":"m","input":"A","previous_response_id":"r"}"""));
        const string Asked = """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"A"}]""";
        Assert.NotNull(KeyOf("anthropic-messages", Asked + "}"));
        Assert.Null(KeyOf("anthropic-messages", Asked + ""","thread":{"type":"create"}}"""));
    }

    [Covers("S003-44")]
    [Fact]
    public void Each_option_of_a_caller_in_this_process_makes_another_key()
    {
        var plain = KeyOf(new ChatOptions());
        Assert.NotNull(plain);
        foreach (var property in typeof(ChatOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var options = new ChatOptions();
            property.SetValue(options, SomeValue(property));
            var key = KeyOf(options);
            switch (property.Name)
            {
                case nameof(ChatOptions.ModelId):
                    // The model of the envelope counts.
                    Assert.Equal(plain, key);
                    break;
                case nameof(ChatOptions.RawRepresentationFactory) or nameof(ChatOptions.ConversationId)
                    or nameof(ChatOptions.ContinuationToken) or nameof(ChatOptions.AllowBackgroundResponses):
                    Assert.Null(key);
                    break;
                default:
                    Assert.True(key is not null && key != plain, $"ChatOptions.{property.Name} does not count.");
                    break;
            }
        }

        Assert.NotEqual(KeyOf(new ChatOptions { Tools = [Tool("a", "one")] }), KeyOf(new ChatOptions { Tools = [Tool("a", "two")] }));
        Assert.Equal(KeyOf(new ChatOptions { Tools = [Tool("a", "one")] }), KeyOf(new ChatOptions { Tools = [Tool("a", "one")] }));
        // Two objects of the caller's own class cannot be distinguished.
        Assert.Null(KeyOf(new ChatOptions { AdditionalProperties = new() { ["own"] = new Uncommon() } }));
    }

    [Fact]
    public void Each_part_of_a_message_of_a_caller_in_this_process_makes_another_key()
    {
        AnswerKey?[] keys =
        [
            KeyOf(null, new ChatMessage(ChatRole.User, "Hello")),
            KeyOf(null, new ChatMessage(ChatRole.Assistant, "Hello")),
            KeyOf(null, new ChatMessage(ChatRole.User, "Hello!")),
            KeyOf(null, new ChatMessage(ChatRole.User, "Hello") { AuthorName = "Ada" }),
            KeyOf(null, new ChatMessage(ChatRole.User, "Hello") { AdditionalProperties = new() { ["a"] = 1 } }),
            KeyOf(null, new ChatMessage(ChatRole.User, "Hello"), new ChatMessage(ChatRole.User, "Hello")),
            KeyOf(null, new ChatMessage(ChatRole.User, [new TextContent("Hel"), new TextContent("lo")])),
            KeyOf(null, new ChatMessage(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")])),
            KeyOf(null, new ChatMessage(ChatRole.User, [new DataContent(new byte[] { 2 }, "image/png")])),
            KeyOf(
                null,
                new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("1", "f", new Dictionary<string, object?> { ["a"] = 1 })])),
            KeyOf(
                null,
                new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("1", "f", new Dictionary<string, object?> { ["a"] = 2 })])),
            KeyOf(null, new ChatMessage(ChatRole.Tool, [new FunctionResultContent("1", "result")])),
            KeyOf(null, new ChatMessage(ChatRole.Assistant, [new TextReasoningContent("Hello")])),
        ];

        Assert.DoesNotContain(null, keys);
        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    private static object? SomeValue(PropertyInfo property) => property.Name switch
    {
        nameof(ChatOptions.Tools) => new List<AITool> { Tool("a", "one") },
        nameof(ChatOptions.ToolMode) => ChatToolMode.RequireAny,
        nameof(ChatOptions.ResponseFormat) => ChatResponseFormat.Json,
        nameof(ChatOptions.Reasoning) => new ReasoningOptions { Effort = ReasoningEffort.High },
        nameof(ChatOptions.StopSequences) => new List<string> { "stop" },
        nameof(ChatOptions.AdditionalProperties) => new AdditionalPropertiesDictionary { ["a"] = "b" },
        nameof(ChatOptions.RawRepresentationFactory) => (Func<IChatClient, object?>)(_ => null),
        nameof(ChatOptions.ContinuationToken) => ResponseContinuationToken.FromBytes(new byte[] { 1 }),
        _ => (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) switch
        {
            var type when type == typeof(string) => "text",
            var type when type == typeof(bool) => true,
            var type => Convert.ChangeType(1, type, System.Globalization.CultureInfo.InvariantCulture),
        },
    };

    private static AIFunction Tool(string name, string description) =>
        AIFunctionFactory.Create((string city) => city, name, description);

    private static AnswerKey? KeyOf(ChatOptions? options, params ChatMessage[] messages)
    {
        if (messages.Length == 0)
            messages = [new ChatMessage(ChatRole.User, "Hello")];
        var request = new CanonicalChatRequest(messages, options ?? new());
        var envelope = new CallEnvelope { Operation = CallOperation.Chat, Model = "m" };
        return RequestKey.ContentOf(envelope, CallBody.FromCanonical(request), DialectId.Canonical);
    }

    private static AnswerKey? KeyOf(string format, string body) => KeyOf(format, Encoding.UTF8.GetBytes(body));

    private static AnswerKey? KeyOf(string format, byte[] body)
    {
        var dialect = BuiltInDialects.Set.Ingress(new DialectId(format));
        var request = new IngressRequest(CallOperation.Chat) { Model = format == "gemini" ? "m" : null };
        var envelope = dialect.ReadEnvelope(request, body);
        return RequestKey.ContentOf(envelope, CallBody.FromWire(dialect, envelope, PooledBytes.Owned(body)), dialect.Id);
    }

    private static bool Refuses(string format, string path) =>
        KeyRules.Of(new DialectId(format)).Refused.Contains(path.Split('/', ' ')[0]);

    /// <summary>A second value for a place that another field fills.</summary>
    private static bool IsOneOfTwo(string path) => path.Contains(' ', StringComparison.Ordinal);

    /// <summary>The request with each of its values changed, one at a time, and with each of its members left out.</summary>
    private static IEnumerable<(string Path, JsonNode Changed)> Changed(JsonNode whole)
    {
        foreach (var steps in Places(whole, []).Where(steps => steps.Length > 0).ToList())
        {
            var copy = whole.DeepClone();
            var parent = steps[..^1].Aggregate(copy, (node, step) => step is int at ? node.AsArray()[at]! : node[(string)step]!);
            var path = string.Join('/', steps);
            // Members that the envelope needs are not left out: the request would be refused.
            if (path is "model" or "messages" or "input" or "contents" or "stream" or "max_tokens")
                continue;
            if (parent is JsonArray list)
                list.RemoveAt((int)steps[^1]);
            else
                parent.AsObject().Remove((string)steps[^1]);
            if (path is not ("messages/0" or "input/0" or "contents/0"))
                yield return (path, copy);
        }
    }

    private static IEnumerable<object[]> Places(JsonNode? node, object[] path)
    {
        yield return path;
        var inner = node switch
        {
            JsonObject map => map.Select(pair => ((object)pair.Key, pair.Value)),
            JsonArray list => list.Select((item, at) => ((object)at, item)),
            _ => [],
        };
        foreach (var place in inner.SelectMany(child => Places(child.Item2, [.. path, child.Item1])))
            yield return place;
    }

    private static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());

    /// <summary>The members in the page's table of ignored fields, for a format.</summary>
    private static HashSet<string> IgnoredOnThePage(string format)
    {
        var row = Repository.Read("docs/caching.md").Split('\n').SingleOrDefault(
            line => line.StartsWith($"| `{format}` |", StringComparison.Ordinal));
        return row is null ? [] : [.. Quoted().Matches(row[(row.IndexOf('|', 2) + 1)..]).Select(match => match.Groups[1].Value)];
    }

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex Quoted();

    private sealed class Uncommon;
}
