/** Where collections keep their roles and playbooks. What else is in a collection is Python, or among our own modules. */
import path from 'node:path'
import { isFile, isFolder } from './reader.ts'

/** A role of a collection. */
interface FoundRole {
  readonly folder: string
  /** `NAMESPACE.COLLECTION`. */
  readonly collection: string
}

export class Collections {
  /** Absolute folders, each with `ansible_collections`. */
  readonly #folders: string[]

  constructor(folders: readonly string[] = []) {
    this.#folders = folders.map((each) => each.replace(/\/ansible_collections\/?$/, ''))
  }

  /** What stands in `collections` beside a playbook comes first. */
  addBeside(playbookFolder: string): void {
    const folder = path.join(playbookFolder, 'collections')
    if (!this.#folders.includes(folder)) this.#folders.unshift(folder)
  }

  /** The role `NAMESPACE.COLLECTION.ROLE`; undefined where the name is another, or there is none. */
  role(name: string): FoundRole | undefined {
    const [namespace, collection, ...rest] = name.split('.')
    if (rest.length === 0) return undefined
    const folder = this.#folders.map((each) => path.join(each, 'ansible_collections', namespace!, collection!, 'roles', ...rest)).find(isFolder)
    return folder === undefined ? undefined : { folder, collection: `${namespace!}.${collection!}` }
  }

  /** The file of the playbook `NAMESPACE.COLLECTION.PLAYBOOK`, with or without its ending; undefined where there is none. */
  playbook(name: string): string | undefined {
    const [namespace, collection, ...rest] = name.replace(/\.ya?ml$/, '').split('.')
    if (rest.length === 0 || name.includes('/')) return undefined
    return this.#folders
      .map((each) => path.join(each, 'ansible_collections', namespace!, collection!, 'playbooks', ...rest))
      .flatMap((each) => [`${each}.yml`, `${each}.yaml`])
      .find(isFile)
  }
}

/** The collection (`NAMESPACE.COLLECTION`) of whose playbooks a file is one. */
export function collectionOfPlaybook(absolute: string): string | undefined {
  const found = /\/ansible_collections\/(\w+)\/(\w+)\/playbooks\//.exec(absolute)
  return found ? `${found[1]!}.${found[2]!}` : undefined
}
