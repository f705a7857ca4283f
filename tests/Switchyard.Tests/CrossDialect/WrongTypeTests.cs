using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>
/// A value of a wrong JSON type in the place of each value of a client's request: the provider gets it, the loss report names it, or the
/// request is refused with the member's name. It never disappears without a report. Covers each documented field of every format, to
/// every other.
/// </summary>
public sealed class WrongTypeTests
{
    /// <summary>One value for each JSON type. None is the default of a field or a word of a format.</summary>
    private static readonly string[] s_values = ["\"odd-text\"", "4711", "true", "{\"odd\":4711}", "[\"odd-text\",4711]"];

    private static readonly string[] s_ofTheClient =
        ["parameters", "input_schema", "parametersJsonSchema", "schema", "input", "args", "response"];

    public static TheoryData<string, string> Pairs => FieldLossTests.Pairs;

    [Theory, MemberData(nameof(Pairs))]
    public void A_value_of_a_wrong_type_is_carried_reported_or_refused_by_name(string ingress, string egress)
    {
        var faults = new SortedSet<string>(StringComparer.Ordinal);
        var sheet = FieldSheet.Read(ingress);
        var plain = JsonNode.Parse(sheet.With())!;
        foreach (var body in sheet.Fields.Select(field => sheet.With(field)).Prepend(sheet.With()))
        {
            var right = Translate(body, ingress, egress);
            // Nothing is learnt from a request that is refused anyway.
            if (right.Refusal is not null)
                continue;
            var isPlain = JsonNode.DeepEquals(plain, JsonNode.Parse(body));
            foreach (var place in PlacesIn(JsonNode.Parse(body)!))
            {
                if (!isPlain && place.IsAlike(plain, JsonNode.Parse(body)!))
                    continue;
                var without = Translate(place.In(body, null), ingress, egress);
                // A member that says nothing to this format, or goes with a whole that is reported, does so with any value.
                if (IsLost(without, right))
                    continue;
                foreach (var value in s_values)
                {
                    if (JsonNode.Parse(value)!.GetValueKind() is var kind && AreAlike(kind, place.Kind))
                        continue;
                    var with = Translate(place.In(body, value), ingress, egress);
                    if (with.Refusal is { } refusal)
                    {
                        // Where a member may have several types, the request may be refused for what it says then.
                        if (with.Code == "invalid_type" && !refusal.Contains(place.Name, StringComparison.Ordinal))
                            faults.Add($"{place} = {value} is refused without its name: {refusal}");
                    }
                    else if (IsLost(without, with) && with.Reported.Count <= right.Reported.Count)
                    {
                        faults.Add($"{place} = {value}");
                    }
                }
            }
        }

        Assert.True(faults.Count == 0, $"{ingress} to {egress} loses {faults.Count} without a word:\n" + string.Join('\n', faults));
    }

    [Theory]
    [InlineData("openai-chat", """{"model":"m","metadata":"x","messages":[{"role":"user","content":"q"}]}""", "metadata")]
    [InlineData(
        "openai-chat",
        """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"q"},{"type":"text","text":"r","cache_control":"x"}]}]}""",
        "messages[0].content[1].cache_control")]
    [InlineData(
        "anthropic-messages",
        """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"q","cache_control":[]}]}]}""",
        "messages[0].content[0].cache_control")]
    [InlineData(
        "gemini",
        """{"contents":[{"parts":[{"text":"q"}]}],"generation_config":{"thinking_config":{"include_thoughts":"yes"}}}""",
        "generation_config.thinking_config.include_thoughts")]
    [InlineData(
        "openai-responses", """{"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":7}]}]}""",
        "input[0].content[0].image_url")]
    public void The_error_names_the_whole_path_of_the_member(string ingress, string body, string path)
    {
        var client = BuiltInDialects.Set.Ingress(new DialectId(ingress));
        var bytes = Encoding.UTF8.GetBytes(body);
        var envelope = client.ReadEnvelope(new IngressRequest(CallOperation.Chat) { Model = ingress == "gemini" ? "any" : null }, bytes);

        var error = Assert.Throws<CallException>(() => client.DecodeRequest(envelope, bytes)).Error;

        Assert.Equal((CallErrorKind.InvalidRequest, path, "invalid_type"), (error.Kind, error.Param, error.Code));
    }

    /// <summary>Together and Fireworks take the number of alternatives there.</summary>
    [Theory]
    [InlineData("anthropic-messages")]
    [InlineData("bedrock-converse")]
    [InlineData("cohere")]
    [InlineData("gemini")]
    [InlineData("ollama")]
    [InlineData("openai-responses")]
    public void A_number_in_logprobs_of_OpenAI_chat_is_passed_on_and_reported_by_other_formats(string egress)
    {
        var body = """{"model":"m","logprobs":2,"messages":[{"role":"user","content":"q"}]}"""u8.ToArray();

        Assert.Contains("\"logprobs\":2", Translate(body, "openai-chat", "openai-chat").Body, StringComparison.Ordinal);
        var other = Translate(body, "openai-chat", egress);

        Assert.Null(other.Refusal);
        Assert.Equal(["logprobs"], other.Reported);
    }

    /// <summary>What a caller in this process sets has passed no decoder.</summary>
    [Theory]
    [InlineData("anthropic-messages")]
    [InlineData("bedrock-converse")]
    public void A_cache_hint_of_a_wrong_type_that_a_caller_in_process_sets_is_reported(string egress)
    {
        var hint = new AdditionalPropertiesDictionary { [CanonicalKeys.CacheControl] = JsonElement.Parse("\"x\"") };
        var request = new CanonicalChatRequest(
            [new ChatMessage(ChatRole.User, [new TextContent("q") { AdditionalProperties = hint }])], new ChatOptions());
        var losses = new LossReport();
        var target = new EgressTarget("some", Golden.GoldenTests.ModelOf(egress), ProviderQuirks.None);

        BuiltInDialects.Set.Egress(new DialectId(egress)).EncodeRequest(request, target, losses, new ArrayBufferWriter<byte>());

        Assert.EndsWith("." + CanonicalKeys.CacheControl, Assert.Single(losses.Fields), StringComparison.Ordinal);
    }

    [Fact]
    public void Fields_of_a_wrong_type_that_a_caller_in_process_sets_are_reported()
    {
        string[] names = ["metadata", "user", "safety_identifier", "service_tier", "guardrailConfig", "performanceConfig"];
        var kept = new AdditionalPropertiesDictionary();
        foreach (var name in names)
            kept[name] = JsonElement.Parse("4711");
        var losses = new LossReport();
        var target = new EgressTarget("some", Golden.GoldenTests.ModelOf("bedrock-converse"), ProviderQuirks.None);

        BuiltInDialects.Set.Egress(DialectId.BedrockConverse).EncodeRequest(
            new CanonicalChatRequest([new ChatMessage(ChatRole.User, "q")], new ChatOptions { AdditionalProperties = kept }),
            target, losses, new ArrayBufferWriter<byte>());

        Assert.Equal(names.Order(StringComparer.Ordinal), losses.Fields.Order(StringComparer.Ordinal));
    }

    private static bool IsLost(Translation without, Translation with) =>
        without.Refusal is null && with.Body == without.Body && with.Reported.Count <= without.Reported.Count;

    private static bool AreAlike(JsonValueKind one, JsonValueKind other) =>
        one == other || (IsBoolean(one) && IsBoolean(other));

    private static bool IsBoolean(JsonValueKind kind) => kind is JsonValueKind.True or JsonValueKind.False;

    private static IEnumerable<Place> PlacesIn(JsonNode node, params string[] steps)
    {
        var members = node switch
        {
            JsonObject item => item.Select(member => (member.Key, member.Value)),
            JsonArray list => list.Select((item, index) => (index.ToString(System.Globalization.CultureInfo.InvariantCulture), item)),
            _ => [],
        };
        foreach (var (name, value) in members.ToList())
        {
            if (value is null)
                continue;
            string[] path = [.. steps, name];
            yield return new(path, value.GetValueKind());
            // What is in a schema, or in the arguments and the result of a call, is the client's own.
            if (s_ofTheClient.Contains(name, StringComparer.Ordinal) && steps.Length > 0)
                continue;
            foreach (var inner in PlacesIn(value, path))
                yield return inner;
        }
    }

    private static Translation Translate(byte[] request, string ingress, string egress)
    {
        var losses = new LossReport();
        try
        {
            var client = BuiltInDialects.Set.Ingress(new DialectId(ingress));
            var envelope = client.ReadEnvelope(
                new IngressRequest(CallOperation.Chat) { Model = ingress == "gemini" ? "any" : null }, request);
            var canonical = client.DecodeRequest(envelope, request);
            var provider = BuiltInDialects.Set.Egress(new DialectId(egress));
            var target = new EgressTarget("some", Golden.GoldenTests.ModelOf(egress), ProviderQuirks.None);
            var output = new ArrayBufferWriter<byte>();
            provider.EncodeRequest(canonical, target, losses, output);
            var headers = provider.GetHeaders(envelope, target, losses);
            return new(Encoding.UTF8.GetString(output.WrittenSpan) + string.Join('\n', headers), losses.Fields, null);
        }
        catch (CallException refused)
        {
            Assert.True(refused.Error.Kind == CallErrorKind.InvalidRequest, refused.ToString());
            return new("", [], $"{refused.Error.Param} {refused.Error.Message}") { Code = refused.Error.Code };
        }
    }

    private sealed record Translation(string Body, IReadOnlyList<string> Reported, string? Refusal)
    {
        public string? Code { get; init; }
    }

    private sealed record Place(string[] Path, JsonValueKind Kind)
    {
        /// <summary>The member's name; of an item, that of the list.</summary>
        public string Name => Path.Last(step => !char.IsAsciiDigit(step[0]));

        /// <summary>Whether both requests have the same value in the place.</summary>
        public bool IsAlike(JsonNode one, JsonNode other) => JsonNode.DeepEquals(At(one), At(other));

        /// <summary>The request with this value in the place, or with nothing there.</summary>
        public byte[] In(byte[] request, string? value)
        {
            var root = JsonNode.Parse(request)!;
            var owner = Path[..^1].Aggregate(root, (node, step) => node is JsonArray list ? list[Index(step)]! : node[step]!);
            if (owner is JsonArray items)
            {
                items.RemoveAt(Index(Path[^1]));
                if (value is not null)
                    items.Insert(Index(Path[^1]), JsonNode.Parse(value));
            }
            else
            {
                owner.AsObject().Remove(Path[^1]);
                if (value is not null)
                    owner[Path[^1]] = JsonNode.Parse(value);
            }

            return JsonSerializer.SerializeToUtf8Bytes(root);
        }

        public override string ToString() => string.Join('/', Path);

        private JsonNode? At(JsonNode root) => Path.Aggregate(
            (JsonNode?)root,
            (node, step) => node is JsonArray list
                ? (Index(step) < list.Count ? list[Index(step)] : null)
                : node is JsonObject item ? item[step] : null);

        private static int Index(string step) => int.Parse(step, System.Globalization.CultureInfo.InvariantCulture);
    }
}
