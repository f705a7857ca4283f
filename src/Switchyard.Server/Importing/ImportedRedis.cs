using System.Buffers;

namespace Switchyard.Server.Importing;

/// <summary>The address of Redis in other products' settings, whole or in parts.</summary>
internal sealed class ImportedRedis
{
    private static readonly SearchValues<char> s_marks = SearchValues.Create("/@:?# ");

    private readonly SourceNode? _url;
    private readonly SourceNode? _host;
    private readonly SourceNode? _port;
    private readonly SourceNode? _password;
    private readonly SourceNode? _database;
    private readonly SourceNode? _isSecure;

    private ImportedRedis(Func<string, SourceNode?> part)
    {
        (_url, _host, _port) = (part("url"), part("host"), part("port"));
        (_password, _database, _isSecure) = (part("password"), part("db"), part("ssl"));
    }

    /// <summary>Finds its parts in a map: <c>url</c>, or <c>host</c>, <c>port</c>, <c>password</c>, <c>db</c>, <c>ssl</c>.</summary>
    /// <param name="map">The map; null for none.</param>
    /// <param name="prefix">The beginning of all their names there: <c>redis_</c>, or empty.</param>
    public static ImportedRedis In(SourceNode? map, string prefix = "") => new(name => map?[prefix + name]);

    /// <summary>Writes it as <c>storage.redis</c>.</summary>
    /// <returns>Whether an address was written.</returns>
    public bool Put(ImportJob job)
    {
        if (_url is not null && ImportJob.Text(_url) is not null)
            return Put(job, job.Variables.Secret(_url, "REDIS_URL", VariableKind.Redis), _url);
        if (ImportJob.Text(_host) is not { } name)
            return false;
        if (job.Variables.NameIn(_host!) is null && name.AsSpan().ContainsAny(s_marks))
        {
            ImportJob.Refuse(_host, "a host's name is expected here");
            return false;
        }

        var scheme = ImportJob.Flag(_isSecure) == true ? "rediss" : "redis";
        var secret = ImportJob.Text(_password) is null ? "" : $":{job.Variables.Secret(_password!, "REDIS_PASSWORD")}@";
        var port = _port is null ? "6379" : job.Value(_port, Form.Count) ?? "6379";
        var database = _database is null ? "" : $"/{job.Value(_database, Form.Count)}";
        var host = job.Variables.Plain(_host!, VariableKind.Secret);
        return Put(job, $"{scheme}://{secret}{host}:{port}{database}", _host, _port, _password, _database, _isSecure);
    }

    private static bool Put(ImportJob job, string address, params SourceNode?[] sources)
    {
        foreach (var source in sources)
            job.Claim(source);
        if (job.Draft.At("storage", "redis").Set(address, sources))
            return true;
        foreach (var source in sources)
            ImportJob.Refuse(source, "another Redis is set already, and there can be only one");
        return false;
    }
}
