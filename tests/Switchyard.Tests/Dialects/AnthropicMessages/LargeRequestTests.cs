using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Tools;
using Xunit;

namespace Switchyard.Tests.Dialects.AnthropicMessages;

/// <summary>Requests that a client makes large on purpose: the work grows with their size alone, and nothing ends the process.</summary>
public sealed class LargeRequestTests
{
    /// <summary>A search among all of a turn for each message with a hint would take minutes.</summary>
    [Fact]
    public void Hundreds_of_thousands_of_messages_with_a_hint_are_written_in_one_pass()
    {
        const int Count = 300_000;
        var hint = JsonElement.Parse("""{"type":"ephemeral"}"""u8);
        var messages = new List<ChatMessage>(Count);
        for (var i = 0; i < Count; i++)
            messages.Add(new ChatMessage(ChatRole.User, "a") { AdditionalProperties = new() { ["cache_control"] = hint } });

        var body = Codec.EncodeText(new CanonicalChatRequest(messages, new ChatOptions()), out var losses);

        // The API takes four; the oldest are left out.
        Assert.Equal(4, body.Split("\"cache_control\"").Length - 1);
        Assert.Equal(Count - 4, losses.Fields.Count);
        Assert.DoesNotContain($"messages[{Count - 4}].content.cache_control", losses.Fields);
    }

    /// <summary>A chain that is followed by calls within calls overflows the stack, which ends the process.</summary>
    [Theory]
    [InlineData("""{"type":"string"}""", true)]
    [InlineData("""{"$ref":"#/$defs/d7"}""", false)]
    [InlineData("""{"type":"array","items":{"$ref":"#"}}""", false)]
    public void A_chain_of_hundreds_of_thousands_of_definitions_is_followed_to_its_end(string last, bool canBeHeld)
    {
        const int Count = 300_000;
        var schema = new StringBuilder(
            """{"type":"object","properties":{"a":{"$ref":"#/$defs/d0"}},"required":["a"],"additionalProperties":false,"$defs":{""");
        for (var i = 0; i < Count; i++)
            schema.Append($"\"d{i}\":{{\"$ref\":\"#/$defs/d{i + 1}\"}},");
        schema.Append($"\"d{Count}\":{last}}}}}");

        Assert.Equal(canBeHeld, ClosedSchema.CanBeHeld(JsonElement.Parse(Encoding.UTF8.GetBytes(schema.ToString()))));
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#/definitions/A"}},"definitions":{"A":{"type":"string"}}}""", true)]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#/$defs/A"},"b":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"string"}}}""", true)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","default":{"$ref":"#"}}}}""", true)]
    [InlineData("""{"type":"object","properties":{"$ref":{"type":"string"},"b":{"$ref":"#/$defs/none"}}}""", true)]
    [InlineData("""{"type":"object","properties":{"a":{"anyOf":[{"type":"null"},{"$ref":"#/$defs/A"}]}},"$defs":{"A":{"type":"object","properties":{"next":{"$ref":"#/$defs/B"}}},"B":{"type":"array","items":{"$ref":"#/$defs/A"}}}}""", false)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"$defs":{"A":{"type":"object","properties":{"next":{"$ref":"#/$defs/A"}}}}}""", true)]
    public void A_schema_that_holds_itself_is_one_that_a_reference_of_its_own_leads_back_to(string schema, bool canBeHeld) =>
        Assert.Equal(canBeHeld, ClosedSchema.CanBeHeld(JsonElement.Parse(Encoding.UTF8.GetBytes(schema))));
}
