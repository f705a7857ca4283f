using System.Diagnostics;
using System.Text.RegularExpressions;
using Switchyard.Tests.Architecture;
using Xunit;

namespace Switchyard.Tests.Docs;

/// <summary>The site's contents and llms.txt list every page.</summary>
public sealed partial class SiteTests
{
    [Fact]
    public void The_list_for_machines_and_the_contents_of_the_site_name_every_page()
    {
        var pages = Page.All.Select(page => page.Path).Where(path => path.StartsWith("docs/", StringComparison.Ordinal)
            && (!path.StartsWith("docs/decisions/", StringComparison.Ordinal) || path == "docs/decisions/README.md"));
        var listed = Link().Matches(Repository.Read("llms.txt")).Select(match => match.Groups["path"].Value).ToList();
        var contents = Reference().Matches(Repository.Read("docs/toc.yml"))
            .Select(match => Path.GetRelativePath(".", Path.Combine("docs", match.Groups["path"].Value)).Replace('\\', '/')).ToList();

        Assert.Empty(pages.Except(listed));
        Assert.Empty(pages.Except(contents));
        Assert.Distinct(listed);
        Assert.Equal(listed, contents);
        Assert.All(listed, path => Assert.True(Repository.Exists(path), $"llms.txt names {path}, which is not there."));
    }

    /// <summary>Someone who reads only the README finds each page; those in folders are found from a page there.</summary>
    [Fact]
    public void The_readme_links_to_every_page_that_is_in_no_folder_of_the_docs()
    {
        var linked = Page.Read("README.md").Links.Select(link => link.Split('#')[0]).ToHashSet(StringComparer.Ordinal);
        var pages = Page.All.Select(page => page.Path)
            .Where(path => Path.GetDirectoryName(path) == "docs" && path.EndsWith(".md", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(pages);
        Assert.Empty(pages.Except(linked));
    }

    /// <summary>`./test` installs the tool; a test that is run directly needs no network.</summary>
    [Fact]
    public async Task The_site_is_built_without_a_warning()
    {
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        if (!Directory.Exists(Path.Combine(packages, "docfx")))
            Assert.Skip("docfx is not installed: `dotnet tool restore` installs it.");
        using var build = Process.Start(new ProcessStartInfo("bash", [Repository.FullPath("eng/docs"), "--pages"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, errors) = (build.StandardOutput.ReadToEndAsync(), build.StandardError.ReadToEndAsync());
        await build.WaitForExitAsync(TestContext.Current.CancellationToken);

        var said = await output + await errors;
        Assert.True(build.ExitCode == 0, said);
        Assert.True(File.Exists(Repository.FullPath("artifacts/site/docs/configuration.html")), said);
        Assert.Contains("0 warning(s)", said, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\]\((?<path>[^)]+\.md)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"href: (?<path>\S+\.md)$", RegexOptions.Multiline)]
    private static partial Regex Reference();
}
