using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Docs;

/// <summary>The samples of docs/refinement.md work.</summary>
public sealed partial class RefinementPageTests
{
    [Fact]
    public async Task The_pages_call_is_answered_as_the_page_shows()
    {
        var page = Page.Read("docs/refinement.md");
        var shown = JsonNode.Parse(Assert.Single(page.Blocks("json")))!;
        await using var gateway = await GatewayHost.StartAsync();

        using var response = await gateway.PostAsync(
            "/schemas/refine", Body().Match(page.Blocks("bash").First()).Groups["json"].Value);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(JsonNode.DeepEquals(shown["refinedSchema"], answer["refinedSchema"]), answer.ToJsonString());
        Assert.Equal(shown.AsObject().Select(member => member.Key), answer.AsObject().Select(member => member.Key));
        Assert.Equal((string?)shown["aiProvider"], (string?)answer["aiProvider"]);
    }

    [Fact]
    public async Task The_pages_program_refines_a_record()
    {
        var samples = new[] { "a", "b", "c" }.Select(name => JsonElement.Parse($$"""{"mail":"{{name}}@example.com"}""")).ToArray();

        Assert.EndsWith(
            "record Guest([property: EmailAddress] string Mail);", await Snippets.RefinedAsync(samples), StringComparison.Ordinal);
    }

    [GeneratedRegex(@"-d '(?<json>[^']+)'")]
    private static partial Regex Body();
}
