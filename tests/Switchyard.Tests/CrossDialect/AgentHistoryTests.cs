using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Targets;
using Switchyard.TestKit;
using Switchyard.Tests.Architecture;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>
/// Histories of coding agents, written after the requests of each format's agents (<c>Histories/FORMAT.json</c>), and those of all recorded
/// requests, to every provider format: each result follows its vendor's rules of order, and no content is missing without a report.
/// </summary>
public sealed class AgentHistoryTests
{
    private const string Folder = "tests/Switchyard.Tests/CrossDialect/Histories";

    // Members that may change or disappear without a report: words of the format, ids, addresses within the item, a hash of media.
    private static readonly string[] s_notSaid =
    [
        "type", "role", "id", "call_id", "tool_call_id", "tool_use_id", "status", "name", "media_type", "mimeType", "detail", "ttl",
        "phase", "tool_name",
    ];

    private static readonly (string Part, DialectId Dialect)[] s_addresses =
    [
        ("/chat/completions", DialectId.OpenAIChat),
        ("/v1/messages", DialectId.AnthropicMessages),
        ("/responses", DialectId.OpenAIResponses),
        ("GenerateContent", DialectId.Gemini),
        (":generateContent", DialectId.Gemini),
    ];

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var file in Directory.EnumerateFiles(Repository.FullPath(Folder), "*.json").Order(StringComparer.Ordinal))
            {
                foreach (var egress in HistoryTests.Egress)
                    pairs.Add(Path.GetFileNameWithoutExtension(file), egress.Data);
            }

            return pairs;
        }
    }

    [Covers("X3", "X14", "X15")]
    [Theory, MemberData(nameof(Pairs))]
    public void The_history_of_a_coding_agent_keeps_every_providers_order_and_loses_nothing_unnamed(string ingress, string egress) =>
        Assert.Empty(Problems(ingress, Encoding.UTF8.GetBytes(Repository.Read($"{Folder}/{ingress}.json")), egress));

    [Covers("X3", "X14")]
    [Fact]
    public void Every_recorded_history_keeps_every_providers_order_and_loses_nothing_unnamed()
    {
        Assert.SkipUnless(Cassettes.Available, Cassettes.Missing);
        var (problems, count) = (new List<string>(), 0);
        foreach (var exchange in Cassettes.Read().Where(exchange => exchange.Method == "POST"))
        {
            var (part, dialect) = Array.Find(
                s_addresses, one => exchange.Url.AbsolutePath.Contains(one.Part, StringComparison.OrdinalIgnoreCase));
            // Some recordings have no request body.
            if (part is null || exchange.Url.AbsolutePath.Contains("count_tokens", StringComparison.Ordinal) || exchange.Status >= 400
                || !exchange.Request.AsSpan().StartsWith("{"u8))
            {
                continue;
            }

            count++;
            foreach (var egress in HistoryTests.Egress)
            {
                problems.AddRange(
                    Problems(dialect.Value, exchange.Request, egress.Data).Select(problem => $"{exchange} to {egress.Data}: {problem}"));
            }
        }

        Assert.True(problems.Count == 0, string.Join('\n', problems));
        Assert.True(count > 40, $"only {count} were read");
    }

    /// <summary>
    /// The faults of a request written for a provider: broken rules of order, and losses without a report.
    /// </summary>
    internal static List<string> Problems(string ingress, byte[] request, string egress)
    {
        var losses = new LossReport();
        var output = new ArrayBufferWriter<byte>();
        try
        {
            var canonical = BuiltInDialects.Set.Ingress(new DialectId(ingress)).DecodeRequest(
                new CallEnvelope { Operation = CallOperation.Chat, Model = "any" }, request);
            BuiltInDialects.Set.Egress(new DialectId(egress)).EncodeRequest(
                canonical, new EgressTarget("some", Golden.GoldenTests.ModelOf(egress), ProviderQuirks.None), losses, output);
        }
        catch (CallException refused) when (refused.Error.Kind == CallErrorKind.InvalidRequest)
        {
            // The refusal names what this provider does not accept, and its position.
            return refused.Error.Param is { Length: > 0 } ? [] : [refused.Message];
        }

        var body = JsonElement.Parse(output.WrittenSpan);
        var problems = HistoryRules.Broken(egress, body);
        var written = new HashSet<string>();
        Collect(JsonNode.Parse(output.WrittenSpan), written, all: true);
        var text = string.Join('\0', written);
        var said = new HashSet<string>();
        var root = JsonNode.Parse(request)!;
        foreach (var history in (string[])["messages", "input", "contents", "system", "systemInstruction", "instructions"])
            Collect(root[history], said, all: false);
        var missing = said.Where(one => one.Trim().Length > 2 && !text.Contains(one, StringComparison.Ordinal)).ToList();
        if (missing.Count > 0 && losses.IsEmpty)
            problems.Add("lost without a word: " + string.Join(", ", missing));
        return problems;
    }

    /// <summary>All content: each string, and those inside arguments written as text.</summary>
    private static void Collect(JsonNode? node, HashSet<string> into, bool all)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var (name, value) in members)
                {
                    if (all || !s_notSaid.Contains(name))
                        Collect(value, into, all);
                }

                break;
            case JsonArray items:
                foreach (var item in items)
                    Collect(item, into, all);
                break;
            case JsonValue value when value.TryGetValue<string>(out var text):
                if (text.StartsWith('{') && Parsed(text) is { } inner)
                    Collect(inner, into, all: true);
                if (all || !text.StartsWith('{'))
                    into.Add(text.StartsWith("data:", StringComparison.Ordinal) ? text.Split(',', 2)[1] : text);
                break;
        }
    }

    private static JsonNode? Parsed(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
