using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>
/// Bad values in the place of each value of a client's request: the result is a request for every provider format, or an error
/// that explains the client's mistake. Covers every registered format.
/// </summary>
public sealed class BadRequestTests
{
    private static readonly EgressTarget s_target = new("acme", "m", ProviderQuirks.None);

    public static TheoryData<string> Formats => [.. BuiltInDialects.Set.IngressIds.Select(id => id.Value).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Formats))]
    public void A_request_with_any_value_spoilt_is_a_request_or_the_clients_error(string format)
    {
        var faults = new Dictionary<string, string>();
        var sheet = SheetOf(format);
        foreach (var original in sheet.Fields.Select(field => sheet.With(field)).Prepend(sheet.With()))
        {
            // All values of the base are replaced; of the others only the field by which they differ.
            foreach (var body in BadValues.In(original, original.AsSpan().SequenceEqual(sheet.With()) ? null : sheet.With()))
            {
                try
                {
                    var (envelope, request) = Read(format, body);
                    if (envelope.MaxOutputTokens < 0)
                        faults.TryAdd($"a limit of {envelope.MaxOutputTokens}", Encoding.UTF8.GetString(body));
                    foreach (var provider in BuiltInDialects.Set.EgressIds)
                        Carry(provider, request);
                }
                catch (CallException exception)
                {
                    if (exception.Error.Kind != CallErrorKind.InvalidRequest)
                        faults.TryAdd($"{exception.Error.Kind}: {exception.Message}", Encoding.UTF8.GetString(body));
                }
                catch (Exception exception)
                {
                    faults.TryAdd(BadValues.Describe(exception), Encoding.UTF8.GetString(body));
                }
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults.Take(20).Select(fault => $"{fault.Key}\n  from {fault.Value}")));
    }

    [Covers("X20")]
    [Theory, MemberData(nameof(Formats))]
    public void A_whole_number_is_one_in_any_notation(string format)
    {
        var faults = new List<string>();
        var sheet = SheetOf(format);
        foreach (var (path, value) in sheet.Fields)
        {
            var plain = sheet.With((path, value));
            foreach (var notation in (ReadOnlySpan<Func<long, string>>)[Decimal, Exponent])
            {
                foreach (var body in BadValues.Replacing(plain, number => WholeOf(number) is { } whole ? notation(whole) : null))
                {
                    try
                    {
                        var (envelope, request) = Read(format, body);
                        var (before, usual) = Read(format, plain);
                        if (envelope.MaxOutputTokens != before.MaxOutputTokens)
                            faults.Add($"{path}: the limit is {envelope.MaxOutputTokens}: {Encoding.UTF8.GetString(body)}");
                        foreach (var provider in BuiltInDialects.Set.EgressIds)
                        {
                            if (!Same(Carry(provider, request), Carry(provider, usual)))
                                faults.Add($"{path}: {provider} gets something else: {Encoding.UTF8.GetString(body)}");
                        }
                    }
                    catch (CallException exception)
                    {
                        faults.Add($"{path}: {exception.Message} {Encoding.UTF8.GetString(body)}");
                    }
                }
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults.Distinct().Take(20)));

        static bool Same(JsonElement one, JsonElement other) => one.ValueKind == JsonValueKind.Undefined
            ? other.ValueKind == JsonValueKind.Undefined
            : other.ValueKind != JsonValueKind.Undefined && JsonElement.DeepEquals(one, other);

        static long? WholeOf(JsonElement value) =>
            value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var whole) ? whole : null;

        static string Decimal(long whole) => whole.ToString(CultureInfo.InvariantCulture) + ".0";

        static string Exponent(long whole) => whole.ToString(CultureInfo.InvariantCulture) + "e0";
    }

    private static FieldSheet SheetOf(string format) => FieldSheet.Read(FieldSheet.Formats.Contains(format) ? format : "openai-chat");

    private static (CallEnvelope Envelope, CanonicalRequest Request) Read(string format, byte[] body)
    {
        var dialect = BuiltInDialects.Set.Ingress(new(format));
        // Its path contains what other formats have in the body.
        var request = format == "gemini"
            ? new IngressRequest(CallOperation.Chat) { Model = "any", Stream = false }
            : new IngressRequest(CallOperation.Chat);
        var envelope = dialect.ReadEnvelope(request, body);
        return (envelope, dialect.DecodeRequest(envelope, body));
    }

    /// <summary>The body for the provider; nothing if its format cannot express the request, which is a client's error.</summary>
    private static JsonElement Carry(DialectId provider, CanonicalRequest request)
    {
        var output = new ArrayBufferWriter<byte>();
        try
        {
            BuiltInDialects.Set.Egress(provider).EncodeRequest(request, s_target, new LossReport(), output);
        }
        catch (CallException exception) when (exception.Error.Kind == CallErrorKind.InvalidRequest)
        {
            return default;
        }

        return JsonElement.Parse(output.WrittenSpan, new JsonDocumentOptions { MaxDepth = 200 });
    }
}
