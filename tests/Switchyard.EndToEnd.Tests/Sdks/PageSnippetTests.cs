using System.Diagnostics;
using System.Text.RegularExpressions;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Sdks;

/// <summary>Programs that a newcomer copies from a page: each Node program runs unchanged, on a gateway without configuration.</summary>
public sealed partial class PageSnippetTests
{
    private static readonly string[] s_pages = ["README.md", "docs/clients.md"];

    /// <summary>A page and the number of a program on it.</summary>
    public static TheoryData<string, int> NodePrograms()
    {
        var programs = new TheoryData<string, int>();
        foreach (var page in s_pages)
        {
            for (var number = 0; number < Programs(page, "js").Count; number++)
                programs.Add(page, number);
        }

        return programs;
    }

    public static TheoryData<string> Pages() => [.. s_pages];

    [Theory]
    [MemberData(nameof(NodePrograms))]
    public async Task A_program_of_Node_prints_an_answer(string page, int number)
    {
        NodeProcess.SkipUnlessInstalled();
        await using var gateway = await GatewayHost.StartAsync();
        var address = gateway.Address.AbsoluteUri.TrimEnd('/');
        var program = Programs(page, "js")[number].Replace("http://127.0.0.1:8080", address, StringComparison.Ordinal);
        // Node searches packages from the file's folder upwards.
        var file = Path.Combine(NodeProcess.ClientsFolder, $"page-{Guid.NewGuid():n}.mjs");
        try
        {
            await File.WriteAllTextAsync(file, program, TestContext.Current.CancellationToken);
            Assert.Contains("Mock response to: Hello", await NodeProcess.PrintedAsync(file), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Python packages are not available everywhere; that a program is valid Python can be checked without them.</summary>
    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Each_program_of_Python_compiles(string page)
    {
        using var folder = new TemporaryFolder();
        foreach (var (number, program) in Programs(page, "python").Index())
        {
            var file = folder.Write($"program{number}.py", program);
            using var python = Start("python3", "-m", "py_compile", file);
            var errors = await python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await python.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(python.ExitCode == 0, $"{page}, program {number}: {errors}");
        }
    }

    private static Process Start(string command, params string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{command} is not installed.");
            throw;
        }
    }

    private static List<string> Programs(string page, string language) =>
    [
        .. Block().Matches(File.ReadAllText(Path.Combine(NodeProcess.RepositoryFolder, page)))
            .Where(block => block.Groups["language"].Value == language).Select(block => block.Groups["code"].Value),
    ];

    [GeneratedRegex("^```(?<language>\\w+)\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
