using Microsoft.Extensions.AI;
using Switchyard.Dialects.Shared;
using Switchyard.Guards;
using Xunit;

namespace Switchyard.Tests.Guards;

/// <summary>Text that a guard replaces in a call's arguments is removed from every form of them that a provider gets.</summary>
public sealed class TextWalkTests
{
    [Theory]
    [InlineData("""{"CANARY":1,"a":"x"}""")]
    [InlineData("""{"a":"CANARY","b":null}""")]
    [InlineData("""{"a":{"CANARY":["CANARY"]}}""")]
    [InlineData("""{"a":"CANARY""")]
    public void What_is_replaced_in_arguments_is_gone_from_their_text_and_from_their_values(string raw)
    {
        var call = ToolArguments.ToCall("c", "f", raw);

        var walked = (FunctionCallContent)new TextWalk(static (text, _) =>
            text.Contains("CANARY", StringComparison.Ordinal) ? text.Replace("CANARY", "***", StringComparison.Ordinal) : text).Walk(call);

        Assert.Equal(raw.Replace("CANARY", "***", StringComparison.Ordinal), ToolArguments.ToText(walked));
        Assert.DoesNotContain("CANARY", System.Text.Json.JsonSerializer.Serialize(walked.Arguments), StringComparison.Ordinal);
        Assert.Equal(raw, ToolArguments.ToText(call));
    }
}
