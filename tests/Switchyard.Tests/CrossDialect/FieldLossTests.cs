using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>
/// A client's field is carried, converted, reported or refused; it is never lost without a report. A field is lost if the body with it
/// equals the body without it and nothing was reported: tested for each documented field of every format to every other, alone and beside
/// each other field.
/// </summary>
public sealed class FieldLossTests
{
    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var ingress in FieldSheet.Formats.Where(format => BuiltInDialects.Set.IngressIds.Contains(new DialectId(format))))
            {
                foreach (var egress in BuiltInDialects.Set.EgressIds.Select(id => id.Value).Order(StringComparer.Ordinal))
                    pairs.Add(ingress, egress);
            }

            return pairs;
        }
    }

    [Theory, MemberData(nameof(Pairs))]
    public void No_field_is_lost_without_a_word(string ingress, string egress)
    {
        var sheet = FieldSheet.Read(ingress);
        var without = Translate(sheet.With(), ingress, egress);
        Assert.True(without.Refusal is null, $"the request to begin with: {without.Refusal}");

        var lost = sheet.Fields
            .Where(
                field => IsLost(without, Translate(sheet.With(field), ingress, egress))
                    && !KnownConversions.SaysNothing(field.Path, egress))
            .Select(field => field.Path)
            .ToList();

        Assert.True(lost.Count == 0, $"{ingress} to {egress} loses without a word:\n" + string.Join('\n', lost));
    }

    [Theory, MemberData(nameof(Pairs))]
    public void No_field_is_lost_because_another_is_there(string ingress, string egress)
    {
        var sheet = FieldSheet.Read(ingress);
        var nothing = Translate(sheet.With(), ingress, egress);
        // A field that has no effect alone has none beside another.
        var telling = sheet.Fields.Where(field => !IsLost(nothing, Translate(sheet.With(field), ingress, egress))).ToList();
        var lost = new List<string>();
        foreach (var first in sheet.Fields)
        {
            var without = Translate(sheet.With(first), ingress, egress);
            if (without.Refusal is not null)
                continue;
            foreach (var second in telling)
            {
                // Two values for one place are not two fields.
                if (Overlap(first.Path, second.Path))
                    continue;
                var both = Translate(sheet.With(first, second), ingress, egress);
                if (IsLost(without, both) && !KnownConversions.Yields(second.Path, first.Path, egress))
                    lost.Add($"{second.Path} beside {first.Path}");
            }
        }

        Assert.True(lost.Count == 0, $"{ingress} to {egress} loses without a word:\n" + string.Join('\n', lost));
    }

    public static TheoryData<string, string, string> OtherPairs
    {
        get
        {
            var pairs = new TheoryData<string, string, string>();
            foreach (var (operation, ingress) in new[] { ("embedding", "openai-chat"), ("embedding", "gemini"), ("rerank", "openai-chat") })
            {
                foreach (var egress in BuiltInDialects.Set.EgressIds.Select(id => id.Value).Order(StringComparer.Ordinal))
                {
                    if (BuiltInDialects.Set.Egress(new DialectId(egress))
                        .GetPath(OperationOf(operation), TargetOf(operation, egress), stream: false) is not null)
                        pairs.Add(operation, ingress, egress);
                }
            }

            return pairs;
        }
    }

    [Theory, MemberData(nameof(OtherPairs))]
    public void No_field_of_an_embedding_or_a_ranking_is_lost_without_a_word(string operation, string ingress, string egress)
    {
        var sheet = FieldSheet.Read($"{operation}/{ingress}");
        var without = Translate(sheet.With(), ingress, egress, operation);
        Assert.True(without.Refusal is null, $"the request to begin with: {without.Refusal}");
        var lost = sheet.Fields
            .Where(
                field => IsLost(without, Translate(sheet.With(field), ingress, egress, operation))
                    && !KnownConversions.SaysNothing(field.Path, egress))
            .Select(field => field.Path)
            .ToList();
        Assert.True(lost.Count == 0, $"{ingress} to {egress} loses without a word:\n" + string.Join('\n', lost));
    }

    [Theory]
    [InlineData("anthropic-messages")]
    [InlineData("bedrock-converse")]
    [InlineData("cohere")]
    [InlineData("gemini")]
    [InlineData("ollama")]
    [InlineData("openai-chat")]
    [InlineData("openai-responses")]
    public void The_name_of_a_file_is_not_lost_without_a_word(string egress)
    {
        const string File = """{"model":"any","messages":[{"role":"user","content":[{"type":"text","text":"?"},{"type":"file","file":{NAME"file_data":"data:text/plain;base64,QQ=="}}]}]}""";
        var without = Translate(Encoding.UTF8.GetBytes(File.Replace("NAME", "", StringComparison.Ordinal)), "openai-chat", egress);
        var with = Translate(
            Encoding.UTF8.GetBytes(File.Replace("NAME", "\"filename\":\"a.txt\",", StringComparison.Ordinal)), "openai-chat", egress);
        Assert.Null(without.Refusal);
        Assert.False(IsLost(without, with), with.Body);
    }

    private static CallOperation OperationOf(string name) => name switch
    {
        "embedding" => CallOperation.Embedding,
        "rerank" => CallOperation.Rerank,
        _ => CallOperation.Chat,
    };

    private static EgressTarget TargetOf(string operation, string egress) => new(
        "some",
        operation == "embedding" && egress == "bedrock-converse" ? "amazon.titan-embed-text-v2:0" : Golden.GoldenTests.ModelOf(egress),
        ProviderQuirks.None);

    private static bool Overlap(string first, string second)
    {
        var (a, b) = (first.Split(' ')[0], second.Split(' ')[0]);
        return a == b || (a + "/").StartsWith(b + "/", StringComparison.Ordinal) || (b + "/").StartsWith(a + "/", StringComparison.Ordinal);
    }

    private static bool IsLost(Translation without, Translation with) =>
        with.Refusal is null && with.Body == without.Body && with.Reported.Count <= without.Reported.Count;

    private static Translation Translate(byte[] request, string ingress, string egress, string operation = "chat")
    {
        var losses = new LossReport();
        try
        {
            var client = BuiltInDialects.Set.Ingress(new DialectId(ingress));
            var envelope = client.ReadEnvelope(
                new IngressRequest(OperationOf(operation)) { Model = ingress == "gemini" ? "any" : null }, request);
            var canonical = client.DecodeRequest(envelope, request);
            var provider = BuiltInDialects.Set.Egress(new DialectId(egress));
            var target = TargetOf(operation, egress);
            var output = new ArrayBufferWriter<byte>();
            provider.EncodeRequest(canonical, target, losses, output);
            var headers = provider.GetHeaders(envelope, target, losses);
            return new(Encoding.UTF8.GetString(output.WrittenSpan) + string.Join('\n', headers), losses.Fields, null);
        }
        catch (CallException refused)
        {
            // A fault of ours would not be a refusal.
            Assert.True(refused.Error.Kind == CallErrorKind.InvalidRequest, refused.ToString());
            return new("", [], refused.Error.Message);
        }
    }

    private sealed record Translation(string Body, IReadOnlyList<string> Reported, string? Refusal);
}
