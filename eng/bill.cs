// What an installation form ships that others wrote: a bill of materials (CycloneDX 1.6) and the notices their licences ask for.
//   dotnet run --file eng/bill.cs -- ASSETS TARGET FOLDER NAME [PACKAGE/VERSION…]
// ASSETS is the project.assets.json that the form was restored with, TARGET its target in there (net10.0/linux-x64), and each PACKAGE one that
// ships although the restore does not say so. Writes FOLDER/NAME.cdx.json and FOLDER/THIRD-PARTY-NOTICES.txt. The same input gives the same
// bytes. A library instead: docs/decisions/0043-installation-forms.md.
#:property PublishAot=false
#:property RunAnalyzers=false
#:property RestorePackagesWithLockFile=false
using System.Text;
using System.Text.Json;
using System.Xml.Linq;

var (assetsFile, target, folder, name) = (args[0], args[1], args[2], args[3]);
using var assets = JsonDocument.Parse(File.ReadAllBytes(assetsFile));
var root = assets.RootElement;
var caches = root.GetProperty("packageFolders").EnumerateObject().Select(cache => cache.Name).ToArray();
var project = root.GetProperty("project");

var restored = root.GetProperty("targets").GetProperty(target).EnumerateObject()
    .Where(library => library.Value.GetProperty("type").GetString() == "package" && Ships(library.Value))
    .Select(library => library.Name);
// A form that brings its runtime along names it as a download; so does one compiled ahead of time. Compilers are downloaded, too.
var runtimes = target.Contains('/', StringComparison.Ordinal)
    ? project.GetProperty("frameworks").EnumerateObject().SelectMany(framework => Downloads(framework.Value))
        .Where(download => download.Contains(".App.Runtime.", StringComparison.OrdinalIgnoreCase))
    : [];
var packages = restored.Concat(runtimes).Concat(args.Skip(4)).Distinct(StringComparer.OrdinalIgnoreCase)
    .Order(StringComparer.OrdinalIgnoreCase).Select(id => Package.Read(id, caches)).ToList();

Directory.CreateDirectory(folder);
var version = project.GetProperty("version").GetString()!;
File.WriteAllText(Path.Combine(folder, "THIRD-PARTY-NOTICES.txt"), Notices.Of(packages));
File.WriteAllBytes(Path.Combine(folder, $"{name}.cdx.json"), Bill.Of(name, version, packages));
return 0;

static bool Ships(JsonElement library) => new[] { "runtime", "native", "runtimeTargets" }.Any(kind =>
    library.TryGetProperty(kind, out var files)
    && files.EnumerateObject().Any(file => !file.Name.EndsWith("_._", StringComparison.Ordinal)));

static IEnumerable<string> Downloads(JsonElement framework) =>
    framework.TryGetProperty("downloadDependencies", out var downloads)
        ? downloads.EnumerateArray().Select(download => string.Concat(
            download.GetProperty("name").GetString(), "/", download.GetProperty("version").GetString()!.Trim('[', ']').Split(',')[0]))
        : [];

internal sealed record Package(string Id, string Version, string License, string? Copyright, string? Hash, string? Text, string? Notices)
{
    public static Package Read(string idAndVersion, string[] caches)
    {
        var parts = idAndVersion.Split('/');
        var folder = caches.Select(cache => Path.Combine(cache, parts[0].ToLowerInvariant(), parts[1].ToLowerInvariant()))
            .FirstOrDefault(Directory.Exists) ?? throw new InvalidOperationException($"{idAndVersion} is in no folder of packages.");
        var about = XDocument.Load(Directory.EnumerateFiles(folder, "*.nuspec").Single()).Descendants()
            .ToLookup(element => element.Name.LocalName);
        var license = about["license"].FirstOrDefault();
        var expression = license?.Attribute("type")?.Value == "expression" ? license.Value : null;
        var hash = Directory.EnumerateFiles(folder, "*.nupkg.sha512").FirstOrDefault();
        return new(
            parts[0], parts[1], expression ?? about["licenseUrl"].FirstOrDefault()?.Value ?? "see the text below",
            (about["copyright"].FirstOrDefault() ?? about["authors"].FirstOrDefault())?.Value.Trim(),
            hash is null ? null : Convert.ToHexStringLower(Convert.FromBase64String(File.ReadAllText(hash).Trim())),
            Read(folder, "LICENSE", license), Read(folder, "THIRD-PARTY-NOTICES", null));
    }

    public bool HasExpression => !License.Contains("://", StringComparison.Ordinal) && !License.Contains(' ', StringComparison.Ordinal);

    private static string? Read(string folder, string name, XElement? license)
    {
        var file = license?.Attribute("type")?.Value == "file" ? Path.Combine(folder, license.Value.Replace('\\', '/'))
            : Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).FirstOrDefault(
                path => Path.GetFileNameWithoutExtension(path).Equals(name, StringComparison.OrdinalIgnoreCase));
        return file is not null && File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n").Trim() : null;
    }
}

internal static class Notices
{
    private const string Line = "--------------------------------------------------------------------------------";

    public static string Of(IReadOnlyList<Package> packages)
    {
        var text = new StringBuilder("Switchyard contains code of the packages below, each under its own licence.\n\n");
        foreach (var package in packages)
            text.Append($"{package.Id} {package.Version}: {package.License}. {package.Copyright}\n");
        text.Append("\nThe texts of these licences, and notices that the packages carry themselves:\n");
        Append(text, packages.Where(package => package.Text is not null).GroupBy(package => package.Text!));
        Append(text, packages.Where(package => package.Notices is not null).GroupBy(package => package.Notices!));
        // A package that names a usual licence and brings no text of it has that of eng/licenses.
        Append(text, packages.Where(package => package.Text is null).GroupBy(package => StandardText(package)));
        return text.ToString();
    }

    private static void Append(StringBuilder text, IEnumerable<IGrouping<string, Package>> texts)
    {
        foreach (var group in texts)
            text.Append($"\n{Line}\n{string.Join(", ", group.Select(package => package.Id))}\n{Line}\n\n{group.Key}\n");
    }

    private static string StandardText(Package package)
    {
        var file = Path.Combine("eng", "licenses", $"{package.License}.txt");
        return package.HasExpression && File.Exists(file)
            ? File.ReadAllText(file).Trim()
            : throw new InvalidOperationException(
                $"{package.Id} brings no text of its licence ({package.License}), and eng/licenses has none: add it there.");
    }
}

internal static class Bill
{
    public static byte[] Of(string name, string version, IReadOnlyList<Package> packages)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new() { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("bomFormat", "CycloneDX");
            json.WriteString("specVersion", "1.6");
            json.WriteNumber("version", 1);
            json.WriteStartObject("metadata");
            json.WriteStartObject("component");
            json.WriteString("type", "application");
            json.WriteString("bom-ref", $"{name}@{version}");
            json.WriteString("name", name);
            json.WriteString("version", version);
            WriteLicense(json, "MIT", isExpression: true);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteStartArray("components");
            foreach (var package in packages)
                Write(json, package);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    private static void Write(Utf8JsonWriter json, Package package)
    {
        var address = $"pkg:nuget/{package.Id}@{package.Version}";
        json.WriteStartObject();
        json.WriteString("type", package.Id.Contains(".App.Runtime.", StringComparison.OrdinalIgnoreCase) ? "framework" : "library");
        json.WriteString("bom-ref", address);
        json.WriteString("name", package.Id);
        json.WriteString("version", package.Version);
        if (package.Hash is not null)
        {
            json.WriteStartArray("hashes");
            json.WriteStartObject();
            json.WriteString("alg", "SHA-512");
            json.WriteString("content", package.Hash);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        WriteLicense(json, package.License, package.HasExpression);
        if (package.Copyright is not null)
            json.WriteString("copyright", package.Copyright);
        json.WriteString("purl", address);
        json.WriteEndObject();
    }

    private static void WriteLicense(Utf8JsonWriter json, string license, bool isExpression)
    {
        json.WriteStartArray("licenses");
        json.WriteStartObject();
        if (isExpression)
        {
            json.WriteString("expression", license);
        }
        else
        {
            json.WriteStartObject("license");
            json.WriteString("name", license);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndArray();
    }
}
