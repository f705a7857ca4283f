using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary><c>switchyard secrets</c>, with a file on this machine.</summary>
public sealed class SecretsCommandTests : IDisposable
{
    private const string Name = "provider:openai:apiKey";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_secret_is_stored_listed_and_deleted_and_each_change_is_confirmed()
    {
        Assert.Equal((0, $"{Name} is stored"), await RunAsync("a-secret-of-mine", "set", Name));
        Assert.Equal((0, Name), await RunAsync("", "list"));
        Assert.Equal((0, $"{Name} is deleted"), await RunAsync("", "delete", Name));
        Assert.Equal((0, ""), await RunAsync("", "list"));
    }

    [Fact]
    public async Task A_mistyped_name_is_not_deleted_in_silence()
    {
        await RunAsync("a-secret-of-mine", "set", Name);

        var (code, said) = await RunAsync("", "delete", "provider:openai:apikey");

        Assert.Equal(1, code);
        Assert.Contains("There is no secret 'provider:openai:apikey'", said, StringComparison.Ordinal);
        Assert.Equal((0, Name), await RunAsync("", "list"));
    }

    [Fact]
    public async Task A_secret_that_does_not_exist_leaves_the_standard_output_empty_for_scripts()
    {
        await RunAsync("a-secret-of-mine", "set", Name);

        await using var program = await Executable.PipeAsync(
            $"secrets: {{ file: \"{_folder["secrets.json"]}\" }}\n", "", ["secrets", "get", "provider:openai:apikey"]);

        Assert.Equal(1, await program.EndAsync());
        Assert.Equal(program.Errors, program.Said);
        Assert.Contains("There is no secret 'provider:openai:apikey'", program.Errors, StringComparison.Ordinal);
        Assert.Equal((1, "not set"), await RunAsync("", "get", "provider:openai:apikey", "--masked"));
        Assert.Equal((0, "a-secret-of-mine"), await RunAsync("", "get", Name));
    }

    private async Task<(int Code, string Said)> RunAsync(string input, params string[] arguments)
    {
        await using var program = await Executable.PipeAsync(
            $"secrets: {{ file: \"{_folder["secrets.json"]}\" }}\n", input, ["secrets", .. arguments]);
        var code = await program.EndAsync();
        return (code, program.Said);
    }
}
