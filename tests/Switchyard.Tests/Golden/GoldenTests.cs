using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Targets;
using Switchyard.TestKit;
using Switchyard.Tests.Architecture;
using Switchyard.Tests.Dialects;
using Xunit;

namespace Switchyard.Tests.Golden;

/// <summary>
/// One request per folder, and for every provider format a file with the result: the body and the dropped fields, or the refusal.
/// SWITCHYARD_WRITE_GOLDEN=1 writes the files; read what changed before you commit it.
/// </summary>
public sealed class GoldenTests
{
    private const string Folder = "tests/Switchyard.Tests/Golden";

    private static readonly JsonSerializerOptions s_readable =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // If a format's models differ by family, the most common one.
    private static readonly Dictionary<DialectId, string> s_models = new()
    {
        [DialectId.OpenAIChat] = "gpt-golden",
        [DialectId.OpenAIResponses] = "gpt-golden",
        [DialectId.AnthropicMessages] = "claude-golden",
        [DialectId.Gemini] = "gemini-2.5-golden",
        [DialectId.BedrockConverse] = "anthropic.claude-golden-v1:0",
        [DialectId.Cohere] = "command-golden",
        [DialectId.Ollama] = "golden:8b",
    };

    /// <summary>The model that is used for a format.</summary>
    internal static string ModelOf(string egress) => s_models[new DialectId(egress)];

    public static TheoryData<string, string, string> Cases
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var folder in Directory.EnumerateDirectories(Repository.FullPath(Folder)).Order(StringComparer.Ordinal))
            {
                var request = Directory.EnumerateFiles(folder, "*.json")
                    .Single(file => !file.EndsWith(".expected.json", StringComparison.Ordinal));
                foreach (var egress in BuiltInDialects.Set.EgressIds.Select(id => id.Value).Order(StringComparer.Ordinal))
                    data.Add(Path.GetFileName(folder), Path.GetFileNameWithoutExtension(request), egress);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_request_becomes_what_was_agreed(string name, string ingress, string egress)
    {
        var request = File.ReadAllBytes(Repository.FullPath($"{Folder}/{name}/{ingress}.json"));
        var actual = Describe(request, new DialectId(ingress), new DialectId(egress)).ToJsonString(s_readable) + "\n";
        var file = Repository.FullPath($"{Folder}/{name}/{egress}.expected.json");
        if (Environment.GetEnvironmentVariable("SWITCHYARD_WRITE_GOLDEN") == "1")
        {
            File.WriteAllText(file, actual);
            return;
        }

        Assert.True(
            File.Exists(file),
            $"{Folder}/{name}/{egress}.expected.json is missing. SWITCHYARD_WRITE_GOLDEN=1 writes it; "
            + $"read it before you commit it.\n{actual}");
        var expected = File.ReadAllText(file);
        Assert.Equal([], JsonDiff.Compare(JsonElement.Parse(expected), JsonElement.Parse(actual)));
        // The order of members counts too: a provider's prompt cache depends on it.
        Assert.Equal(expected, actual);
    }

    [Covers("T23")]
    [Theory, MemberData(nameof(Cases))]
    public void The_same_request_gives_the_same_bytes_a_hundred_times(string name, string ingress, string egress)
    {
        var request = File.ReadAllBytes(Repository.FullPath($"{Folder}/{name}/{ingress}.json"));
        var first = TryEncode(request, new DialectId(ingress), new DialectId(egress), new LossReport(), out _);
        for (var i = 0; i < 100; i++)
            Assert.Equal(first, TryEncode(request, new DialectId(ingress), new DialectId(egress), new LossReport(), out _));
    }

    [Fact]
    public void No_expectation_is_left_behind_by_a_format_that_is_gone()
    {
        var spoken = BuiltInDialects.Set.EgressIds.Select(id => id.Value + ".expected.json").ToHashSet();
        Assert.All(
            Repository.Files.Where(
                path =>
                    path.StartsWith(Folder + "/", StringComparison.Ordinal) && path.EndsWith(".expected.json", StringComparison.Ordinal)),
            path => Assert.Contains(Path.GetFileName(path), spoken));
    }

    private static JsonObject Describe(byte[] request, DialectId ingress, DialectId egress)
    {
        var losses = new LossReport();
        var body = TryEncode(request, ingress, egress, losses, out var refusal);
        if (refusal is not null)
        {
            return new JsonObject
            {
                ["refused"] =
                    new JsonObject { ["kind"] = refusal.Kind.ToString(), ["param"] = refusal.Param, ["message"] = refusal.Message },
            };
        }

        return new JsonObject
        {
            ["body"] = JsonNode.Parse(body),
            ["dropped"] = new JsonArray([.. losses.Fields.Select(field => JsonValue.Create(field))]),
        };
    }

    private static byte[]? TryEncode(byte[] request, DialectId ingress, DialectId egress, LossReport losses, out CallError? refusal)
    {
        refusal = null;
        try
        {
            var client = BuiltInDialects.Set.Ingress(ingress);
            var envelope = client.ReadEnvelope(
                new IngressRequest(CallOperation.Chat) { Model = ingress == DialectId.Gemini ? "golden" : null }, request);
            var canonical = client.DecodeRequest(envelope, request);
            var output = new ArrayBufferWriter<byte>();
            BuiltInDialects.Set.Egress(egress)
                .EncodeRequest(canonical, new EgressTarget("golden", s_models[egress], ProviderQuirks.None), losses, output);
            return output.WrittenSpan.ToArray();
        }
        catch (CallException refused)
        {
            refusal = refused.Error;
            return null;
        }
    }
}
